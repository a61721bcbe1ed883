use std::collections::BTreeMap;

/// Which predecessor made a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Documents in `nodes`; relationships without validity.
    PythonBefore010,
    /// Documents in `nodes`; relationships with validity.
    Python,
    /// Columns in `nodes`: what the Python program makes with Turso.
    PythonTurso,
    /// Columns in `memories`.
    TypeScript,
    /// A store of the Python program that the TypeScript one has opened.
    PythonThenTypeScript,
}

impl Shape {
    /// Names the program and its versions.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PythonBefore010 => "Python MemoryGraph before 0.10",
            Self::Python => "Python MemoryGraph 0.10 to 0.12",
            Self::PythonTurso => "Python MemoryGraph with Turso",
            Self::TypeScript => "TypeScript MemoryGraph 0.13",
            Self::PythonThenTypeScript => {
                "Python MemoryGraph, later opened by TypeScript MemoryGraph 0.13"
            }
        }
    }

    /// The tables that have memories, in the order in which they are read.
    pub(crate) const fn memory_tables(self) -> &'static [&'static str] {
        match self {
            Self::PythonBefore010 | Self::Python | Self::PythonTurso => &["nodes"],
            Self::TypeScript => &["memories"],
            Self::PythonThenTypeScript => &["nodes", "memories"],
        }
    }
}

/// The tables of a store, each with the columns that [`recognise`] needs to know.
pub(crate) type Tables = BTreeMap<String, Vec<String>>;

/// Says whose tables these are; nothing when no predecessor made them.
pub(crate) fn recognise(tables: &Tables) -> Option<Shape> {
    let has = |table: &str, columns: &[&str]| {
        tables.get(table).is_some_and(|there| {
            columns
                .iter()
                .all(|column| there.iter().any(|name| name == column))
        })
    };
    let documents = has("nodes", &["id", "label", "properties"]);
    let ends = ["id", "from_id", "to_id", "rel_type"];
    let has_ends = has("relationships", &ends);
    let of_documents = has_ends && has("relationships", &["properties"]);
    let memories = has("memories", &["id", "type", "title", "content"]);
    if documents && has_ends && memories {
        Some(Shape::PythonThenTypeScript)
    } else if tables.contains_key("nodes") && tables.contains_key("memories") {
        None
    } else if documents && of_documents {
        let has_validity = has("relationships", &["valid_from", "valid_until"]);
        Some(if has_validity {
            Shape::Python
        } else {
            Shape::PythonBefore010
        })
    } else if has("nodes", &["id", "type", "title", "content"])
        && has("relationships", &["id", "from_id", "to_id", "type"])
    {
        Some(Shape::PythonTurso)
    } else if memories && has_ends {
        Some(Shape::TypeScript)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(tables: &[(&str, &str)]) -> Tables {
        let columns = |text: &str| text.split(' ').map(str::to_owned).collect();
        tables
            .iter()
            .map(|(table, text)| ((*table).to_owned(), columns(text)))
            .collect()
    }

    #[test]
    fn each_shape_is_told_by_its_tables() {
        let documents = ("nodes", "id label properties created_at updated_at");
        let memories = ("memories", "id type title content tags");
        let validity = (
            "relationships",
            "id from_id to_id rel_type properties valid_from valid_until",
        );
        let old = ("relationships", "id from_id to_id rel_type properties");
        let turso = ("relationships", "id from_id to_id type context");
        let columns = ("relationships", "id from_id to_id rel_type strength");
        for (there, shape) in [
            (vec![documents, old], Some(Shape::PythonBefore010)),
            (vec![documents, validity], Some(Shape::Python)),
            (
                vec![("nodes", "id type title content"), turso],
                Some(Shape::PythonTurso),
            ),
            (vec![memories, columns], Some(Shape::TypeScript)),
            (
                vec![documents, memories, validity],
                Some(Shape::PythonThenTypeScript),
            ),
            (vec![documents], None),
            (vec![memories], None),
            (vec![documents, turso], None),
            (
                vec![("nodes", "id type title content"), memories, columns],
                None,
            ),
            (vec![("recipes", "id title")], None),
        ] {
            assert_eq!(recognise(&tables(&there)), shape, "{there:?}");
        }
    }
}
