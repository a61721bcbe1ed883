//! Cycles among relationships of a type that has none.

use std::collections::{HashMap, HashSet, VecDeque};

/// A relationship of a graph: from one memory to another.
pub(crate) type Edge<'a> = (&'a str, &'a str);

/// Returns a cycle that one of `suspects` closes among `edges`, which hold the suspects: the
/// memories along it, the first one again at the end.
///
/// Takes time linear in `edges` where there is no cycle.
pub(crate) fn find_cycle<'a>(edges: &[Edge<'a>], suspects: &[Edge<'a>]) -> Option<Vec<&'a str>> {
    let core = core(edges);
    let mut next: HashMap<&str, Vec<&'a str>> = HashMap::new();
    for &(from, to) in edges {
        if core.contains(from) && core.contains(to) {
            next.entry(from).or_default().push(to);
        }
    }
    suspects
        .iter()
        .find_map(|&(from, to)| path(&next, to, from).map(|path| [vec![from], path].concat()))
}

/// Returns the memories that may lie on a cycle: what is left when those are taken away, again and
/// again, that nothing leads to or that lead nowhere.
fn core<'a>(edges: &[Edge<'a>]) -> HashSet<&'a str> {
    let forwards = edges.iter().copied();
    let backwards = edges.iter().map(|&(from, to)| (to, from));
    let reached = peel(forwards);
    let mut core = peel(backwards);
    core.retain(|memory| reached.contains(memory));
    core
}

/// Takes away what nothing leads to, again and again, and returns what is left.
fn peel<'a>(edges: impl Iterator<Item = Edge<'a>>) -> HashSet<&'a str> {
    let mut incoming: HashMap<&str, usize> = HashMap::new();
    let mut next: HashMap<&str, Vec<&str>> = HashMap::new();
    for (from, to) in edges {
        incoming.entry(from).or_default();
        *incoming.entry(to).or_default() += 1;
        next.entry(from).or_default().push(to);
    }
    let mut free: Vec<&str> = incoming
        .iter()
        .filter(|&(_, &count)| count == 0)
        .map(|(&memory, _)| memory)
        .collect();
    while let Some(memory) = free.pop() {
        incoming.remove(memory);
        for to in next.get(memory).into_iter().flatten() {
            let count = incoming
                .get_mut(to)
                .expect("it has an edge that was not yet taken away");
            *count -= 1;
            if *count == 0 {
                free.push(to);
            }
        }
    }
    incoming.into_keys().collect()
}

/// Returns a shortest path, both ends included.
fn path<'a>(next: &HashMap<&str, Vec<&'a str>>, from: &'a str, to: &str) -> Option<Vec<&'a str>> {
    let mut came_from = HashMap::from([(from, None)]);
    let mut queue = VecDeque::from([from]);
    while let Some(memory) = queue.pop_front() {
        if memory == to {
            let mut path = vec![memory];
            while let Some(&Some(before)) = path.last().and_then(|last| came_from.get(last)) {
                path.push(before);
            }
            path.reverse();
            return Some(path);
        }
        for &neighbour in next.get(memory).into_iter().flatten() {
            came_from.entry(neighbour).or_insert_with(|| {
                queue.push_back(neighbour);
                Some(memory)
            });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cycle_is_named_from_the_suspect_on() {
        let edges = [("a", "b"), ("b", "c"), ("c", "a"), ("a", "x"), ("y", "a")];
        assert_eq!(
            find_cycle(&edges, &[("c", "a")]).unwrap(),
            ["c", "a", "b", "c"]
        );
        assert_eq!(find_cycle(&edges, &[("a", "x")]), None);
        assert_eq!(find_cycle(&edges[1..], &[("c", "a")]), None);
    }

    #[test]
    fn an_older_cycle_is_not_the_suspects_fault() {
        let edges = [("a", "b"), ("b", "a"), ("b", "c"), ("c", "d"), ("d", "c")];
        assert_eq!(find_cycle(&edges, &[("b", "c")]), None);
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let names: Vec<String> = (0..100_000).map(|n| n.to_string()).collect();
        let mut edges: Vec<Edge> = names.windows(2).map(|w| (&*w[0], &*w[1])).collect();
        assert_eq!(find_cycle(&edges, &edges), None);
        edges.push((&names[99_999], &names[0]));
        assert_eq!(find_cycle(&edges, &edges[99_999..]).unwrap().len(), 100_001);
    }
}
