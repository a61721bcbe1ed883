//! What the numbers were measured on, and what a process needs, as the system tells it.

use std::{fs::read_to_string, process::Command, thread, time::Duration};

use crate::Result;

/// Returns how many bytes of this process are in memory.
pub fn resident_bytes() -> Result<u64> {
    memory("self", "VmRSS:")
}

/// Returns how much memory this process ever had at once.
pub fn peak_bytes() -> Result<u64> {
    memory("self", "VmHWM:")
}

/// Returns how many bytes of another process are in memory, and how many ever were at once.
pub fn bytes_of(process: u32) -> Result<(u64, u64)> {
    let process = process.to_string();
    Ok((memory(&process, "VmRSS:")?, memory(&process, "VmHWM:")?))
}

fn memory(process: &str, name: &str) -> Result<u64> {
    let status = read_to_string(format!("/proc/{process}/status"))?;
    let kibibytes = value(&status, name).ok_or("the system does not say how much memory")?;
    let kibibytes: u64 = kibibytes.trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1_024)
}

/// Returns how long the threads of this process that are still there have kept processors busy.
///
/// Sleeps for a moment, since the system adds up the time of a thread when it rests.
pub fn cpu_time() -> Result<Duration> {
    thread::sleep(Duration::from_millis(1));
    let mut nanos = 0;
    for thread in std::fs::read_dir("/proc/self/task")? {
        // A thread may have ended since it was listed.
        let Ok(times) = read_to_string(thread?.path().join("schedstat")) else {
            continue;
        };
        let busy = times.split(' ').next().unwrap_or_default();
        nanos += busy.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanos))
}

/// Describes machine, engine, program and command as lines of a Markdown list.
pub fn describe(engine: &str, command: &str) -> String {
    let unknown = || "unknown".to_owned();
    let processors = read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = value(&processors, "model name").map_or_else(unknown, |model| {
        model.trim_start_matches(':').trim().to_owned()
    });
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = value(&memory, "MemTotal:")
        .and_then(|memory| memory.trim_end_matches(" kB").parse::<u64>().ok())
        .map_or_else(unknown, |kibibytes| format!("{} GiB", kibibytes >> 20));
    let kernel = read_to_string("/proc/sys/kernel/osrelease").unwrap_or_else(|_| unknown());
    let load = read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split(' ').take(1).collect();
    let commit = said_by("git", &["describe", "--always", "--dirty"]).unwrap_or_else(unknown);
    let disk = disk().unwrap_or_else(unknown);
    format!(
        "- Machine: {cores} cores ({model}), {memory} of memory, Linux {}\n\
         - Disk: {disk}\n\
         - Load when it began: {}\n\
         - Engine: {engine}\n\
         - Commit: {commit}\n\
         - Command: `{command}`\n",
        kernel.trim(),
        load.concat(),
    )
}

/// Returns the kind of file system and disk that hold the working folder.
fn disk() -> Option<String> {
    let mounted = |column: &str| {
        let column = format!("--output={column}");
        said_by("findmnt", &["--noheadings", &column, "--target", "."])
    };
    let (kind, device) = (mounted("FSTYPE")?, mounted("SOURCE")?);
    // A virtual disk does not know what it is made of.
    let disk = if device.starts_with("/dev/vd") {
        "virtual"
    } else {
        let arguments = ["--nodeps", "--noheadings", "--output=ROTA", &device];
        match said_by("lsblk", &arguments).as_deref() {
            Some("1") => "rotating",
            Some("0") => "not rotating",
            _ => "of unknown kind",
        }
    };
    Some(format!("{disk}, {kind}"))
}

fn said_by(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}

/// Returns what follows a name at the beginning of a line.
fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim())
}
