//! Where we differ from the Python server, and why.

/// Lines that are answered otherwise.
pub(super) struct Difference {
    pub(super) lines: &'static [u32],
    /// What the Python server answered.
    pub(super) theirs: &'static str,
    /// What we answer.
    pub(super) ours: &'static str,
    /// Why that is right.
    pub(super) why: &'static str,
}

const fn row(
    lines: &'static [u32],
    theirs: &'static str,
    ours: &'static str,
    why: &'static str,
) -> Difference {
    Difference {
        lines,
        theirs,
        ours,
        why,
    }
}

/// Every line whose answer differs. All others agree: the same is refused, or the same memories and
/// relationships are named, or the same numbers told.
pub(super) const DIFFERENCES: &[Difference] = &[
    // Searches.
    row(
        &[33, 36, 54],
        "the most important of those that say a word",
        "the most relevant of them: a word in the title counts more than one in the content",
        "what a query finds comes in the order of relevance",
    ),
    row(
        &[34, 53],
        "nothing for \"deadlock latency\" and \"how does auth work\"",
        "what says both words first, then what says one",
        "a question in plain words finds what it is about",
    ),
    row(
        &[38],
        "nothing for the tag \"ünïcode-tag\"",
        "the memories that have it",
        "a tag is found in any script",
    ),
    row(
        &[42],
        "the 8 about Redis timeouts",
        "the same 8 first, then what says a word that is spelt like one of the query",
        "fuzzy forgives each word by itself; what fits best is on top",
    ),
    row(
        &[43],
        "nothing",
        "the memories at an end of a SOLVES, the most important first",
        "relationship_filter filters",
    ),
    row(
        &[44],
        "an error of the database: no such column",
        "nothing, since no memory about Redis is at an end of a SOLVES",
        "relationship_filter takes types in lower case too, and goes with a query",
    ),
    row(
        &[45, 57],
        "#173 and #55",
        "#173 and #11",
        "the same rule: of the equally important #11 and #55 the last changed comes first, and the \
         replay stores #11 today",
    ),
    row(
        &[46, 58],
        "the first page again",
        "the second page",
        "offset skips",
    ),
    // What is around a memory.
    row(
        &[61, 62, 63],
        "20 neighbours, whatever the depth",
        "all that is within 2, 3 and 5 relationships, the nearest first, page by page",
        "max_depth is how far the walk goes",
    ),
    row(
        &[66],
        "no related memories",
        "an error: no memory has the id",
        "a mistake is not an empty answer",
    ),
    row(
        &[73],
        "2, since it looked at the first 30 relationships alone",
        "3, and the others on the pages that follow",
        "all relationships are looked at",
    ),
    row(
        &[75],
        "2 of the first 20 neighbours",
        "what says \"redis\" within two relationships",
        "max_depth is 2 when nothing is given",
    ),
    row(
        &[76],
        "12 of the first 20 neighbours: those among the 100 most important memories of the store",
        "all memories within two relationships, the most important first",
        "without words nothing is left out",
    ),
    // What went on lately.
    row(
        &[68],
        "0 memories, since it asked about the folder that the server ran in",
        "the memories of all projects",
        "without a project no project is meant",
    ),
    // What is kept.
    row(
        &[79],
        "stored a memory without a title, which no tool found again",
        "refuses the title",
        "a title has 1 to 200 characters that can be seen",
    ),
    row(
        &[99],
        "refused SIMILAR_TO in the other direction as a circle",
        "counts that the same was said again",
        "what is similar is so in both directions",
    ),
    row(
        &[100],
        "stored the same relationship a second time",
        "counts that the same was said again",
        "what is said twice is one relationship that is better known",
    ),
    row(
        &[107, 111],
        "changed the title to 300 characters, and to none",
        "refuses the title",
        "an update keeps the rules that storing keeps",
    ),
    row(
        &[108, 109, 112],
        "no longer found the memories of lines 107 and 111",
        "finds and shows them as they were",
        "a refused update changes nothing",
    ),
    // Tools that the Python server did not list, but answered.
    row(
        &[118, 119],
        "totals, and a note that the analysis is not done",
        "names the tools that there are",
        "the command line has the analyses: `memorygraph clusters` and `memorygraph bridges`",
    ),
    row(
        &[121],
        "an error of the program: no attribute",
        "strengthens the only relationship between the two",
        "reinforce_relationship works",
    ),
    row(
        &[122],
        "the types of a category",
        "names the tools that there are",
        "the schema of create_relationship lists all types",
    ),
    row(
        &[123],
        "the totals of get_memory_statistics, and the list of categories",
        "names the tools that there are",
        "get_memory_statistics has the totals",
    ),
    row(
        &[124],
        "the numbers of a migration that was not made",
        "names the tools that there are",
        "`memorygraph migrate` copies stores; an agent has no part in it",
    ),
];
