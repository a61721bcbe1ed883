//! What is exported comes back as it was.

mod files;
mod lines;
mod mcp_memory;
mod random;

use std::{
    io::{self, Cursor, Write},
    sync::{Arc, Mutex},
};

use memorygraph::export::{Format, Options, Report, Target};
use memorygraph::import::{self, OnInvalid};
use memorygraph::{MemoryGraph, Result};

/// A writer whose content a test can read.
#[derive(Clone, Debug, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Text {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

async fn written(graph: &MemoryGraph, format: Format) -> Result<(Vec<u8>, Report)> {
    let text = Text::default();
    let options = Options {
        format,
        ..Options::default()
    };
    let target = Target::Writer(Box::new(text.clone()));
    let report = graph.export(target, &options, &mut |_| {}).await?;
    Ok((text.bytes(), report))
}

async fn export(graph: &MemoryGraph) -> Vec<u8> {
    written(graph, Format::Jsonl).await.unwrap().0
}

async fn import(graph: &MemoryGraph, bytes: &[u8]) -> Result<import::Report> {
    import_with(graph, bytes, OnInvalid::Stop).await
}

async fn import_with(
    graph: &MemoryGraph,
    bytes: &[u8],
    invalid: OnInvalid,
) -> Result<import::Report> {
    let source = Cursor::new(bytes.to_vec());
    let options = import::Options { invalid };
    graph.import(source, options, &mut |_| {}).await
}
