//! The folder that notes are written into.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs::{self, File},
    io::{self, ErrorKind, Read, Write},
    path::{Path, PathBuf},
};

use super::{front_matter::MARK, note::Note};
use crate::export::{Existing, ExportError, lock::locked, place::unwritable};

/// Notes that stand beside their folder until all of them are written; dropped before that, they
/// are removed.
pub(super) struct Folder {
    partial: PathBuf,
    target: PathBuf,
    /// Beside both; who has it locked alone touches what stands in `partial`.
    lock: PathBuf,
    is_taking_place: bool,
    _locked: File,
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nobody is there to be told.
        if !self.is_taking_place {
            drop(remove_notes(&self.partial, &BTreeSet::new()));
        }
        drop(fs::remove_dir(&self.partial));
        drop(fs::remove_file(&self.lock));
    }
}

impl Folder {
    /// Makes the place beside the folder.
    pub(super) fn begin(given: &Path, existing: Existing) -> Result<Self, ExportError> {
        let target = resolved(given)?;
        let partial = with_ending(&target, ".partial");
        let lock = with_ending(&target, ".partial.lock");
        let folder = Self {
            _locked: locked(&lock)?,
            partial,
            target,
            lock,
            is_taking_place: false,
        };
        if existing == Existing::Keep && !is_empty(&folder.target).map_err(unwritable(given))? {
            return Err(exists(given));
        }
        let partial = &folder.partial;
        // What an export left that was killed; anything else is not ours to remove.
        remove_notes(partial, &BTreeSet::new()).map_err(unwritable(partial))?;
        if !is_empty(partial).map_err(unwritable(partial))? {
            return Err(exists(partial));
        }
        fs::create_dir_all(partial).map_err(unwritable(partial))?;
        Ok(folder)
    }

    pub(super) fn put(&self, note: &Note) -> Result<(), ExportError> {
        let path = self.partial.join(&note.file);
        let mut file = File::create_new(&path).map_err(unwritable(&path))?;
        file.write_all(note.text.as_bytes())
            .map_err(unwritable(&path))
    }

    /// Puts the notes in place of those that are there, or does nothing when something else is
    /// where one of them should be.
    pub(super) fn finish(mut self) -> Result<(), ExportError> {
        let target = self.target.clone();
        let unwritable = || unwritable(&target);
        fs::create_dir_all(&target).map_err(unwritable())?;
        let written = names(&self.partial).map_err(unwritable())?;
        for name in &written {
            let place = target.join(name);
            if !is_absent(&place).map_err(unwritable())? && !is_note(&place).map_err(unwritable())?
            {
                return Err(ExportError::NoNote {
                    file: place.display().to_string(),
                });
            }
        }
        self.is_taking_place = true;
        // Where `a.md` and `A.md` are one file, the old one has to go first.
        remove_notes(&target, &written).map_err(unwritable())?;
        for name in &written {
            fs::rename(self.partial.join(name), target.join(name)).map_err(unwritable())?;
        }
        Ok(())
    }
}

/// Returns the folder that a path leads to, and makes those around it: what is beside a link, or
/// behind a slash, is on another disk or in the folder.
fn resolved(target: &Path) -> Result<PathBuf, ExportError> {
    let unwritable = unwritable(target);
    if !is_absent(target).map_err(&unwritable)? {
        return fs::canonicalize(target).map_err(unwritable);
    }
    let target: PathBuf = target.components().collect();
    if let Some(around) = target.parent() {
        fs::create_dir_all(around).map_err(unwritable)?;
    }
    Ok(target)
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn is_absent(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(false),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

fn names(folder: &Path) -> io::Result<BTreeSet<OsString>> {
    let entries = fs::read_dir(folder)?;
    entries.map(|entry| Ok(entry?.file_name())).collect()
}

fn is_empty(folder: &Path) -> io::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Removes the notes that an export wrote, except for those with these names, and nothing else.
fn remove_notes(folder: &Path, but: &BTreeSet<OsString>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        if but.contains(&entry.file_name()) {
            continue;
        }
        if path.extension().is_some_and(|ending| ending == "md") && is_note(&path)? {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn is_note(path: &Path) -> io::Result<bool> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Ok(false);
    }
    let mut head = Vec::new();
    // Some editors, and git where it is told so, end lines in the way of Windows.
    let length = (MARK.len() + MARK.lines().count()) as u64;
    File::open(path)?.take(length).read_to_end(&mut head)?;
    let text = String::from_utf8_lossy(&head).replace("\r\n", "\n");
    Ok(text.starts_with(MARK))
}

fn exists(folder: &Path) -> ExportError {
    ExportError::Exists {
        file: folder.display().to_string(),
    }
}
