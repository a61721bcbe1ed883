//! Where an export is written: beside its target until it is whole.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Seek, Write},
    path::{Path, PathBuf},
    thread,
};

use tokio::sync::{mpsc, oneshot};

use super::{Existing, ExportError, Target, lock::locked};
use crate::aside::aside;

/// What is being written, and where it goes in the end.
///
/// A partial file is removed when this is dropped before its end.
pub(crate) struct Place {
    /// Not there while it is written to.
    file: Option<File>,
    target: End,
}

enum End {
    File(Beside),
    Writer(Box<dyn Write + Send>),
}

/// A file that takes the place of another one, or is removed.
struct Beside {
    partial: PathBuf,
    target: PathBuf,
    existing: Existing,
    took_place: bool,
}

impl Drop for Beside {
    fn drop(&mut self) {
        if !self.took_place {
            // Nobody is there to be told.
            drop(fs::remove_file(&self.partial));
        }
    }
}

impl Place {
    /// Opens a place beside the target.
    pub(crate) fn open(target: Target, existing: Existing) -> Result<Self, ExportError> {
        match target {
            Target::Writer(writer) => Self::spooled(writer),
            Target::File(path) => match fs::metadata(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    Self::beside(path, existing)
                }
                Err(error) => Err(unwritable(&path)(error)),
                Ok(found) if found.is_dir() => {
                    Err(unwritable(&path)(io::Error::other("it is a folder")))
                }
                Ok(found) if !found.is_file() => {
                    // A device or a pipe has no content that could be lost.
                    let device = OpenOptions::new().write(true).open(&path);
                    Self::spooled(Box::new(device.map_err(unwritable(&path))?))
                }
                Ok(_) if existing == Existing::Keep => Err(exists(&path)),
                // What a link leads to is replaced, not the link.
                Ok(_) => {
                    let path = fs::canonicalize(&path).map_err(unwritable(&path))?;
                    Self::beside(path, existing)
                }
            },
        }
    }

    fn spooled(writer: Box<dyn Write + Send>) -> Result<Self, ExportError> {
        let file = tempfile::tempfile().map_err(unwritable(&std::env::temp_dir()))?;
        Ok(Self {
            file: Some(file),
            target: End::Writer(writer),
        })
    }

    fn beside(target: PathBuf, existing: Existing) -> Result<Self, ExportError> {
        let mut partial = target.clone().into_os_string();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let file = locked(&partial)?;
        Ok(Self {
            file: Some(file),
            target: End::File(Beside {
                partial,
                target,
                existing,
                took_place: false,
            }),
        })
    }

    /// Begins to write, from the first byte again.
    pub(crate) async fn begin(&mut self) -> Result<Writing, ExportError> {
        let file = self.file.take().expect("one writes at a time");
        let emptied = aside(move || {
            let mut file = file;
            let emptied = file.set_len(0).and_then(|()| file.rewind());
            (file, emptied)
        });
        let (file, emptied) = emptied.await;
        emptied.map_err(self.unwritable())?;
        Ok(Writing::into(file))
    }

    /// Ends writing, and says whether all of it could be written.
    pub(crate) async fn end(&mut self, writing: Writing) -> Result<(), ExportError> {
        let (file, written) = writing.end().await;
        self.file = Some(file);
        written.map_err(self.unwritable())
    }

    /// Brings what was written last to its target, and returns how many bytes it has.
    pub(crate) async fn finish(mut self) -> Result<u64, ExportError> {
        let file = self.file.take().expect("writing has ended");
        let unwritable = self.unwritable();
        let done = match self.target {
            End::File(beside) => aside(move || beside.take_place(&file)).await,
            End::Writer(mut writer) => {
                aside(move || {
                    let mut file = file;
                    file.rewind()?;
                    let bytes = io::copy(&mut file, &mut writer)?;
                    writer.flush().map(|()| bytes)
                })
                .await
            }
        };
        done.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => ExportError::Exists {
                file: error.to_string(),
            },
            _ => unwritable(error),
        })
    }

    fn unwritable(&self) -> impl Fn(io::Error) -> ExportError + use<> {
        let path = match &self.target {
            End::File(beside) => beside.partial.clone(),
            End::Writer(_) => PathBuf::from("the output"),
        };
        move |error| unwritable(&path)(error)
    }
}

impl Beside {
    fn take_place(mut self, file: &File) -> io::Result<u64> {
        let bytes = file.metadata()?.len();
        file.sync_all()?;
        if self.existing == Existing::Keep && self.target.try_exists()? {
            let target = self.target.display().to_string();
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, target));
        }
        fs::rename(&self.partial, &self.target)?;
        self.took_place = true;
        let folder = match self.target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        // Not every system opens folders; where one does, the new name is durable now.
        if let Ok(folder) = File::open(folder) {
            folder.sync_all()?;
        }
        Ok(bytes)
    }
}

/// A file that is written on a thread of its own.
pub(crate) struct Writing {
    chunks: mpsc::Sender<Vec<u8>>,
    end: oneshot::Receiver<(File, io::Result<()>)>,
}

impl Writing {
    fn into(file: File) -> Self {
        let (chunks, mut received) = mpsc::channel::<Vec<u8>>(2);
        let (send, end) = oneshot::channel();
        thread::spawn(move || {
            let mut writer = BufWriter::with_capacity(1 << 16, file);
            let mut written = Ok(());
            while written.is_ok()
                && let Some(chunk) = received.blocking_recv()
            {
                written = writer.write_all(&chunk);
            }
            let written = written.and_then(|()| writer.flush());
            let (file, _) = writer.into_parts();
            // When nobody waits for it, it is closed.
            drop(send.send((file, written)));
        });
        Self { chunks, end }
    }

    /// Writes the chunk after the others. What fails is told in the end.
    pub(crate) async fn write(&self, chunk: Vec<u8>) {
        drop(self.chunks.send(chunk).await);
    }

    async fn end(self) -> (File, io::Result<()>) {
        drop(self.chunks);
        self.end.await.expect("writing a file does not panic")
    }
}

fn exists(path: &Path) -> ExportError {
    ExportError::Exists {
        file: path.display().to_string(),
    }
}

/// Says why a file cannot be written.
pub(crate) fn unwritable(path: &Path) -> impl Fn(io::Error) -> ExportError {
    let file = path.display().to_string();
    move |error| ExportError::Write {
        file: file.clone(),
        reason: error.to_string(),
        denied: error.kind() == io::ErrorKind::PermissionDenied,
    }
}
