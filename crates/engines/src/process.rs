//! A server that ends when this process does, however it dies.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

/// Becomes the server, after it has left a shell behind that waits for a line from us. If the pipe
/// closes without one, this process is dead: the shell kills the server and removes its temporary
/// folder, if it has one. `$$` is the server: a subshell keeps the number of its parent, and so does
/// `exec`.
const SCRIPT: &str = r#"
exec 3<&0 </dev/null
{
    read -r _ <&3 || { kill -9 $$; test -z "$1" || rm -rf -- "$1"; }
} &
shift
exec "$@" 3<&-
"#;

/// How long a server may take to end by itself, in steps of [`STEP`].
const STEPS: u32 = 2500;
/// Between two looks at something that is about to happen.
pub(crate) const STEP: Duration = Duration::from_millis(4);

/// A server that runs, as a child of this process.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// A line here tells the shell that the server needs no killing any more.
    lifeline: ChildStdin,
}

impl Process {
    /// Starts `program`. What it prints goes to `log`; of our environment it sees the `PATH`. The
    /// folder `temporary` is removed with the server when this process dies.
    pub(crate) fn start<Argument: AsRef<OsStr>>(
        program: &Path,
        arguments: &[Argument],
        log: &File,
        temporary: Option<&Path>,
    ) -> io::Result<Self> {
        let mut child = Command::new("sh")
            .args(["-c", SCRIPT, "sh"])
            .arg(temporary.unwrap_or(Path::new("")))
            .arg(program)
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log.try_clone()?)
            // An interrupt from the terminal is for the test. If it kills that, the pipe closes.
            .process_group(0)
            .spawn()?;
        let lifeline = child.stdin.take().expect("stdin is a pipe");
        Ok(Self { child, lifeline })
    }

    /// The server's own number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, or `None` while it runs.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Asks it to end in order, and waits until it has. One that does not is killed.
    pub(crate) fn stop(mut self) {
        let asked = Command::new("sh")
            .args(["-c", "kill -TERM \"$1\"", "sh"])
            .arg(self.id().to_string())
            .status();
        if asked.is_ok_and(|status| status.success()) {
            for _ in 0..STEPS {
                if self.ended().is_some() {
                    return;
                }
                thread::sleep(STEP);
            }
        }
    }
}

/// Killing asks nobody: the server has no chance to finish anything.
impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _killed = self.child.kill();
        let _waited = self.child.wait();
        let _told = self.lifeline.write_all(b"over\n");
    }
}
