//! The folder that notes are written into.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read, Write},
    path::{Path, PathBuf},
};

use super::{front_matter::MARK, note::Note};
use crate::export::{Existing, ExportError, place::unwritable};

/// Notes that stand beside their folder until all of them are written; dropped before that, they
/// are removed.
pub(super) struct Folder {
    partial: PathBuf,
    target: PathBuf,
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nobody is there to be told.
        drop(remove_notes(&self.partial));
        drop(fs::remove_dir(&self.partial));
    }
}

impl Folder {
    /// Makes the place beside the folder.
    pub(super) fn begin(target: PathBuf, existing: Existing) -> Result<Self, ExportError> {
        if existing == Existing::Keep && !is_empty(&target).map_err(unwritable(&target))? {
            return Err(exists(&target));
        }
        let mut partial = target.clone().into_os_string();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        // What an export left that was killed; anything else is not ours to remove.
        remove_notes(&partial).map_err(unwritable(&partial))?;
        if !is_empty(&partial).map_err(unwritable(&partial))? {
            return Err(exists(&partial));
        }
        fs::create_dir_all(&partial).map_err(unwritable(&partial))?;
        Ok(Self { partial, target })
    }

    pub(super) fn put(&self, note: &Note) -> Result<(), ExportError> {
        let path = self.partial.join(&note.file);
        let mut file = File::create_new(&path).map_err(unwritable(&path))?;
        file.write_all(note.text.as_bytes())
            .map_err(unwritable(&path))
    }

    /// Puts the notes in place of those that are there.
    pub(super) fn finish(self) -> Result<(), ExportError> {
        let target = &self.target;
        let unwritable = || unwritable(target);
        fs::create_dir_all(target).map_err(unwritable())?;
        remove_notes(target).map_err(unwritable())?;
        for entry in fs::read_dir(&self.partial).map_err(unwritable())? {
            let entry = entry.map_err(unwritable())?;
            fs::rename(entry.path(), target.join(entry.file_name())).map_err(unwritable())?;
        }
        Ok(())
    }
}

fn is_empty(folder: &Path) -> io::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Removes the notes that an export wrote, and nothing else.
fn remove_notes(folder: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
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
    let length = MARK.len() as u64;
    File::open(path)?.take(length).read_to_end(&mut head)?;
    Ok(head == MARK.as_bytes())
}

fn exists(folder: &Path) -> ExportError {
    ExportError::Exists {
        file: folder.display().to_string(),
    }
}
