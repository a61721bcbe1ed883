//! Files of others, read and replaced as a whole.

use std::{
    ffi::OsString,
    fs,
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use crate::failure::Failure;

/// No configuration is larger; what is, is something else.
const LARGEST: u64 = 16 << 20;

/// What the copy of a file is called that is made before the file changes.
const BACKUP: &str = ".memorygraph.bak";

/// A file as it was when it was read.
#[derive(Debug)]
pub(super) struct File {
    /// Where it is, after all links.
    path: PathBuf,
    /// What it says; none when it is not there.
    pub(super) text: Option<String>,
}

impl File {
    /// Reads the file, which need not be there.
    ///
    /// # Errors
    ///
    /// Fails when it is there and cannot be read, is no text, or is too large for a configuration.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let failed = |error: io::Error| Failure::failed(format!("read it: {error}"));
        // A file may be a link into a folder that somebody keeps under version control.
        let path = match fs::canonicalize(path) {
            Ok(path) => path,
            Err(error) if error.kind() == ErrorKind::NotFound && !path.is_symlink() => {
                path.to_owned()
            }
            Err(error) => return Err(failed(error)),
        };
        match fs::metadata(&path) {
            Ok(metadata) if metadata.len() > LARGEST => {
                return Err(Failure::invalid_file("it is larger than any configuration"));
            }
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Self { path, text: None });
            }
            Err(error) => return Err(failed(error)),
        }
        let text = fs::read_to_string(&path).map_err(failed)?;
        Ok(Self {
            path,
            text: Some(text),
        })
    }

    /// Returns what the file said before it was changed last; none when that is not known.
    pub(super) fn before(&self) -> Option<String> {
        fs::read_to_string(self.backup()).ok()
    }

    /// Replaces the file, or removes it for none. What was there is in a file beside it then, whose
    /// path is returned.
    ///
    /// # Errors
    ///
    /// Fails when something else changed the file since it was read, and when it cannot be written;
    /// it is as it was then.
    pub(super) fn write(&self, text: Option<&str>) -> Result<Option<PathBuf>, Failure> {
        if Self::read(&self.path)?.text != self.text {
            return Err(Failure::conflict("something else changed it meanwhile")
                .hint("run the command again, best while the client is closed"));
        }
        let failed = |error: io::Error| Failure::failed(format!("write it: {error}"));
        let backup = match &self.text {
            Some(before) => {
                let backup = self.backup();
                self.replace(&backup, before).map_err(failed)?;
                Some(backup)
            }
            None => None,
        };
        match text {
            Some(text) => self.replace(&self.path, text),
            None => fs::remove_file(&self.path),
        }
        .map_err(failed)?;
        Ok(backup)
    }

    fn backup(&self) -> PathBuf {
        let name = self.path.file_name().map(OsString::from);
        let mut name = name.unwrap_or_default();
        name.push(BACKUP);
        self.path.with_file_name(name)
    }

    /// Puts a file at `path`, all at once, that only those may read who may read this one.
    fn replace(&self, path: &Path, text: &str) -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".memorygraph-");
        #[cfg(unix)]
        let everybody = {
            use std::os::unix::fs::PermissionsExt;
            fs::Permissions::from_mode(0o666)
        };
        #[cfg(unix)]
        if self.text.is_none() {
            // As any program makes a file: the mask of the user takes from it.
            builder.permissions(everybody);
        }
        let mut file = builder.tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        if self.text.is_some() {
            let permissions = fs::metadata(&self.path)?.permissions();
            file.as_file().set_permissions(permissions)?;
        }
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }
}
