//! The contract, held against a graph in memory.

use std::sync::Arc;

use memorygraph_adapter_memory::MemoryBackend;
use ports::GraphBackend;

#[derive(Default)]
struct MemoryHarness;

#[async_trait::async_trait]
impl contract::Harness for MemoryHarness {
    async fn open(&self) -> Arc<dyn GraphBackend> {
        Arc::new(MemoryBackend::new())
    }
}

contract::backend_contract!(MemoryHarness);
