//! Streams whose other end takes what is written.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// How long a client may take nothing of what waits for it.
const PATIENCE: Duration = Duration::from_mins(1);

/// A stream that breaks when nothing more of what is written is taken: whoever asks and never reads
/// would hold a connection for ever.
#[derive(Debug)]
pub(super) struct Taken<S> {
    stream: S,
    /// Ends when the patience does; none while something is taken.
    waits: Option<Pin<Box<Sleep>>>,
}

impl<S> From<S> for Taken<S> {
    fn from(stream: S) -> Self {
        let waits = None;
        Self { stream, waits }
    }
}

impl<S> Taken<S> {
    /// Passes on what became of a write, or that it waited for too long.
    fn within(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.waits = None;
            return written;
        }
        let waits = self.waits.get_or_insert_with(|| Box::pin(sleep(PATIENCE)));
        ready!(waits.as_mut().poll(context));
        let message = "the client does not read";
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, message)))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Taken<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Taken<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.within(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.within(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_nobody_reads_breaks_when_the_patience_ends() {
        let (here, _there) = duplex(16);
        let mut here = Taken::from(here);
        let began = tokio::time::Instant::now();
        let error = here.write_all(&[0; 17]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(began.elapsed(), PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_is_read_slowly_holds() {
        let (here, mut there) = duplex(16);
        let mut here = Taken::from(here);
        let reads = async {
            for _ in 0..8 {
                tokio::time::advance(PATIENCE / 2).await;
                there.read_exact(&mut [0; 16]).await?;
            }
            Ok(())
        };
        tokio::try_join!(here.write_all(&[0; 8 * 16]), reads).unwrap();
    }
}
