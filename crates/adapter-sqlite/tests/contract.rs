//! The promises of `GraphBackend`, kept by SQLite: in a file, and in memory.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use memorygraph_adapter_sqlite::SqliteBackend;
use ports::GraphBackend;
use sql_graph::StatementLog;
use tempfile::TempDir;

struct SqliteHarness {
    folder: TempDir,
    opened: Mutex<Vec<StatementLog>>,
}

impl Default for SqliteHarness {
    fn default() -> Self {
        Self {
            folder: TempDir::new().expect("a folder"),
            opened: Mutex::default(),
        }
    }
}

#[async_trait]
impl contract::Harness for SqliteHarness {
    async fn open(&self) -> Arc<dyn GraphBackend> {
        let backend = SqliteBackend::open(self.folder.path().join("memory.db")).expect("a file");
        let mut opened = self.opened.lock().expect("nobody panics with it");
        opened.push(backend.statements().clone());
        Arc::new(backend)
    }

    fn statements(&self, _: &dyn GraphBackend) -> u64 {
        let opened = self.opened.lock().expect("nobody panics with it");
        opened.iter().map(StatementLog::count).sum()
    }
}

contract::backend_contract!(SqliteHarness);

mod in_memory {
    use super::{Arc, GraphBackend, SqliteBackend, async_trait};

    #[derive(Default)]
    struct InMemory;

    #[async_trait]
    impl contract::Harness for InMemory {
        async fn open(&self) -> Arc<dyn GraphBackend> {
            Arc::new(SqliteBackend::open(":memory:").expect("memory"))
        }
    }

    contract::backend_contract!(InMemory);
}
