//! The page of the documentation that has the results.

use std::path::Path;

use crate::Result;

const PAGE: &str = "docs/benchmarks.md";

/// Puts `text` between the marks of `section`, from which the page has it in its place; a section
/// that the page does not have yet becomes its last.
pub fn replace(section: &str, text: &str) -> Result<()> {
    let path = Path::new(PAGE);
    let page = replaced(&std::fs::read_to_string(path)?, section, text)?;
    std::fs::write(path, page)?;
    eprintln!("wrote {}", path.display());
    Ok(())
}

fn replaced(page: &str, section: &str, text: &str) -> Result<String> {
    let begin = format!("<!-- {section}: begin -->");
    let end = format!("<!-- {section}: end -->");
    let Some((before, rest)) = page.split_once(&begin) else {
        let page = page.trim_end();
        return Ok(format!("{page}\n\n{begin}\n\n{text}\n\n{end}\n"));
    };
    let (_, after) = rest
        .split_once(&end)
        .ok_or_else(|| format!("{PAGE} has no {end}"))?;
    Ok(format!("{before}{begin}\n\n{text}\n\n{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_replaced_where_it_stands() {
        let page = "# Page\n\n<!-- a: begin -->\nold\n<!-- a: end -->\n\nmore\n";
        let new = replaced(page, "a", "new").unwrap();
        assert_eq!(
            new,
            "# Page\n\n<!-- a: begin -->\n\nnew\n\n<!-- a: end -->\n\nmore\n"
        );
    }

    #[test]
    fn a_new_section_is_the_last_and_is_found_again() {
        let first = replaced("# Page\n", "b", "one").unwrap();
        assert_eq!(
            first,
            "# Page\n\n<!-- b: begin -->\n\none\n\n<!-- b: end -->\n"
        );
        let second = replaced(&first, "b", "two").unwrap();
        assert_eq!(second, first.replace("one", "two"));
    }

    #[test]
    fn a_section_without_an_end_is_an_error() {
        assert!(replaced("<!-- c: begin -->", "c", "new").is_err());
    }
}
