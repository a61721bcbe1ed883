use std::{borrow::Cow, pin::pin, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::Output;

/// After how long somebody who waits wants to see that something happens.
const LONG: Duration = Duration::from_millis(300);
/// How often a spinner turns.
const TURN: Duration = Duration::from_millis(100);

/// How far a long command is, on stderr while that is a terminal, and gone when it ends.
pub(super) struct Bar {
    bar: ProgressBar,
    /// Whether the end is known, and with it the shape.
    is_bounded: bool,
}

impl Bar {
    /// Shows nothing to programs, and where stderr is no terminal.
    pub(super) fn new(output: &Output) -> Self {
        let target = if output.is_json() {
            ProgressDrawTarget::hidden()
        } else {
            // Hides itself where there is no terminal.
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(style("{spinner} {msg} {human_pos}"));
        Self {
            bar,
            is_bounded: false,
        }
    }

    /// Shows what is being done and how far it is.
    pub(super) fn show(
        &mut self,
        doing: impl Into<Cow<'static, str>>,
        done: u64,
        total: Option<u64>,
    ) {
        if self.bar.is_hidden() {
            return;
        }
        // Before the rest, which is drawn with it.
        self.bar.set_message(doing);
        if self.is_bounded != total.is_some() {
            self.is_bounded = total.is_some();
            self.bar.set_style(style(if self.is_bounded {
                "{spinner} {msg} [{bar:30}] {human_pos} of {human_len}, {elapsed}"
            } else {
                "{spinner} {msg} {human_pos}"
            }));
        }
        match total {
            Some(total) => self.bar.set_length(total),
            None => self.bar.unset_length(),
        }
        self.bar.set_position(done);
    }

    /// Shows that something is being done whose end nobody knows.
    fn spin(&mut self, doing: impl Into<Cow<'static, str>>) {
        self.is_bounded = false;
        self.bar.set_style(style("{spinner} {msg} {elapsed}"));
        self.bar.set_message(doing);
        self.bar.enable_steady_tick(TURN);
    }

    /// Takes it off the terminal.
    pub(super) fn clear(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Waits for what may take long and tells nothing meanwhile; when it does, shows that it is being
/// done.
pub(super) async fn patiently<F: Future>(
    output: &Output,
    doing: &'static str,
    work: F,
) -> F::Output {
    let mut work = pin!(work);
    tokio::select! {
        biased;
        done = &mut work => return done,
        () = tokio::time::sleep(LONG) => {}
    }
    let mut bar = Bar::new(output);
    bar.spin(doing);
    work.await
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .expect("a template of ours")
        .progress_chars("=> ")
}
