use ports::IdSource;
use uuid::Uuid;

/// Makes UUIDs of version 7: later ones sort after earlier ones, within a process strictly.
#[derive(Clone, Copy, Debug, Default)]
pub struct UuidV7Source;

impl IdSource for UuidV7Source {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the source that everything else asks"
    )]
    fn next_id(&self) -> String {
        Uuid::now_v7().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids_in_ascending_order() {
        let ids: Vec<_> = (0..1_000).map(|_| UuidV7Source.next_id()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
        assert_eq!(ids[0].len(), 36);
    }
}
