//! The promises of `GraphBackend`, kept by libSQL: in a file, in memory, as a replica of a primary,
//! and at the primary.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use domain::Timestamp;
use engines::Sqld;
use memorygraph_adapter_turso::{Mode, TursoBackend, TursoOptions};
use ports::{Clock, GraphBackend};
use sql_graph::StatementLog;
use tempfile::TempDir;

/// Every sync is at this moment.
#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

/// A folder for the files of a law, and what its stores ran.
struct World {
    folder: TempDir,
    opened: Mutex<Vec<StatementLog>>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            folder: TempDir::new().expect("a folder"),
            opened: Mutex::default(),
        }
    }
}

impl World {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn open(&self, options: TursoOptions) -> ports::Result<Arc<dyn GraphBackend>> {
        let backend = TursoBackend::create(options).await?;
        let mut opened = self.opened.lock().expect("nobody panics with it");
        opened.push(backend.statements().clone());
        Ok(Arc::new(backend))
    }

    fn statements(&self) -> u64 {
        let opened = self.opened.lock().expect("nobody panics with it");
        opened.iter().map(StatementLog::count).sum()
    }
}

fn options(path: PathBuf) -> TursoOptions {
    TursoOptions::new(path, Arc::new(Noon))
}

mod local {
    use super::{Arc, GraphBackend, World, async_trait, options};

    #[derive(Default)]
    struct Local(World);

    #[async_trait]
    impl contract::Harness for Local {
        async fn open(&self) -> Arc<dyn GraphBackend> {
            let options = options(self.0.path("memory.db"));
            self.0.open(options).await.expect("a file")
        }

        fn statements(&self, _: &dyn GraphBackend) -> u64 {
            self.0.statements()
        }
    }

    contract::backend_contract!(Local);
}

mod in_memory {
    use super::{Arc, GraphBackend, World, async_trait, options};

    #[derive(Default)]
    struct InMemory(World);

    #[async_trait]
    impl contract::Harness for InMemory {
        async fn open(&self) -> Arc<dyn GraphBackend> {
            let options = options(":memory:".into());
            self.0.open(options).await.expect("memory")
        }
    }

    contract::backend_contract!(InMemory);
}

mod replica {
    use super::{Arc, GraphBackend, Sqld, TursoOptions, World, async_trait, options};

    /// A primary and a device with a replica of it. Of several openings the first keeps the replica,
    /// and the others ask the primary.
    struct Replica {
        world: World,
        primary: Sqld,
    }

    impl Default for Replica {
        fn default() -> Self {
            Self {
                world: World::default(),
                primary: Sqld::start(),
            }
        }
    }

    #[async_trait]
    impl contract::Harness for Replica {
        async fn open(&self) -> Arc<dyn GraphBackend> {
            let options = TursoOptions {
                sync_url: Some(self.primary.url()),
                ..options(self.world.path("replica.db"))
            };
            self.world.open(options).await.expect("a replica")
        }

        fn statements(&self, _: &dyn GraphBackend) -> u64 {
            self.world.statements()
        }
    }

    contract::backend_contract!(Replica);
}

mod remote {
    use super::{Arc, GraphBackend, Mode, Sqld, TursoOptions, World, async_trait, options};

    struct Remote {
        world: World,
        primary: Sqld,
    }

    impl Default for Remote {
        fn default() -> Self {
            Self {
                world: World::default(),
                primary: Sqld::start(),
            }
        }
    }

    #[async_trait]
    impl contract::Harness for Remote {
        async fn open(&self) -> Arc<dyn GraphBackend> {
            let options = TursoOptions {
                sync_url: Some(self.primary.url()),
                mode: Some(Mode::Remote),
                ..options("unused.db".into())
            };
            self.world.open(options).await.expect("a primary")
        }

        fn statements(&self, _: &dyn GraphBackend) -> u64 {
            self.world.statements()
        }
    }

    contract::backend_contract!(Remote);
}
