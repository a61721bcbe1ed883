//! What became of a predecessor's store, told to a person.

use memorygraph::ports::Upgrade;

use super::{count, counted};
use crate::table::on_one_line;

/// How many repairs are listed; JSON has more.
const LISTED: usize = 10;

/// Returns what was read, repaired and kept aside, and where the store is as it was.
pub(crate) fn upgrade(upgrade: &Upgrade) -> Vec<String> {
    let mut lines = vec![format!(
        "This was a store of {}, and is one of this program now: {} and {}.",
        on_one_line(&upgrade.from),
        counted(upgrade.memories, "memory", "memories"),
        counted(upgrade.relationships, "relationship", "relationships")
    )];
    if let Some(backup) = &upgrade.backup {
        lines.push(format!("As it was, it is in {}", on_one_line(backup)));
    }
    if upgrade.relationships_joined > 0 {
        lines.push(format!(
            "{} of the relationships said what another one says, and joined it.",
            count(upgrade.relationships_joined)
        ));
    }
    if upgrade.repaired_count > 0 {
        let rows = counted(upgrade.repaired_count, "row", "rows");
        lines.push(format!("Repaired: {rows}"));
        let listed = upgrade.repaired.iter().take(LISTED);
        lines.extend(listed.map(|row| {
            let (kind, id) = (row.kind.as_str(), on_one_line(&row.id));
            format!("  {kind} {id}: {}", on_one_line(&row.what))
        }));
        let more = upgrade.repaired_count.saturating_sub(LISTED as u64);
        if more > 0 {
            lines.push(format!("  and {} more", count(more)));
        }
    }
    let aside = upgrade.memories_quarantined + upgrade.relationships_quarantined;
    if aside > 0 {
        let kinds = [
            (upgrade.memories_quarantined, "memory", "memories"),
            (
                upgrade.relationships_quarantined,
                "relationship",
                "relationships",
            ),
        ];
        let kinds = kinds.into_iter().filter(|(number, ..)| *number > 0);
        let kinds = kinds.map(|(number, one, many)| counted(number, one, many));
        let what = kinds.collect::<Vec<_>>().join(" and ");
        let (they, them) = if aside == 1 {
            ("it", "it")
        } else {
            ("they", "them")
        };
        lines.push(format!(
            "Kept in quarantine, since {they} could not be read: {what}; memorygraph quarantine \
             lists {them}"
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use memorygraph::ports::{RecordKind, Repaired};

    use super::*;

    #[test]
    fn the_report_accounts_for_every_row() {
        let repaired = Repaired {
            kind: RecordKind::Memory,
            id: "m".into(),
            what: "the title was blank".into(),
            memory: None,
        };
        let report = Upgrade {
            from: "Python MemoryGraph 0.10 to 0.12".into(),
            backup: Some("memory.db.backup".into()),
            memories: 204,
            relationships: 290,
            relationships_quarantined: 1,
            repaired: vec![repaired],
            repaired_count: 1,
            ..Upgrade::default()
        };
        assert_eq!(
            upgrade(&report),
            [
                "This was a store of Python MemoryGraph 0.10 to 0.12, and is one of this program \
                 now: 204 memories and 290 relationships.",
                "As it was, it is in memory.db.backup",
                "Repaired: 1 row",
                "  memory m: the title was blank",
                "Kept in quarantine, since it could not be read: 1 relationship; memorygraph \
                 quarantine lists it",
            ]
        );
    }
}
