//! Child processes: a test that executes itself again in another role.

use std::{
    env,
    io::{self, BufRead, BufReader, Read, Write},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
};

/// Tells a test binary that it is a child, and what to do.
const ROLE: &str = "MEMORYGRAPH_TEST_CHILD";

/// Returns what this process was started for, when it is a child.
pub(crate) fn role() -> Option<String> {
    env::var(ROLE).ok()
}

/// Says a line to the parent.
pub(crate) fn say(line: &str) {
    // One write for the whole line: a process that is killed has said all of it or nothing.
    let line = format!("{SAYS}{line}\n");
    io::stdout().lock().write_all(line.as_bytes()).unwrap();
}

/// Waits for a line of the parent.
pub(crate) fn hear() -> String {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

/// Ends this child when its parent ends in whichever way.
pub(crate) fn end_with_parent() {
    thread::spawn(|| {
        drop(io::stdin().lock().read_to_end(&mut Vec::new()));
        std::process::exit(1);
    });
}

/// Distinguishes what a child says from what the test harness prints.
const SAYS: &str = "> ";

/// A child that runs one test in another role. It is killed when it is dropped.
pub(crate) struct Other {
    child: Child,
    stdin: Option<ChildStdin>,
    /// What it says, line by line; ends when the child has ended.
    pub(crate) lines: mpsc::Receiver<String>,
}

impl Other {
    /// Starts the test of this name, as `module::test`, in a role.
    pub(crate) fn start(test: &str, role: &str) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(ROLE, role)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            while stdout.read_line(&mut line).is_ok_and(|length| length > 0) {
                if let Some(said) = line.strip_prefix(SAYS)
                    && let Some(said) = said.strip_suffix('\n')
                    && sender.send(said.to_owned()).is_err()
                {
                    return;
                }
                line.clear();
            }
        });
        Self {
            child,
            stdin,
            lines,
        }
    }

    /// Says a line to the child.
    pub(crate) fn say(&mut self, line: &str) {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Kills it at once, without a chance to tidy up.
    pub(crate) fn kill(&mut self) -> ExitStatus {
        self.child.kill().unwrap();
        self.child.wait().unwrap()
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
