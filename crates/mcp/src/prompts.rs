//! Texts that a person picks to start an agent on its memory.

use rmcp::{
    ErrorData,
    model::{GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, Role},
};

/// A prompt: what it is called, and what it says about its argument.
struct Template {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    /// The one argument, which has to be given, and what it is; none for a prompt without.
    argument: Option<(&'static str, &'static str)>,
    /// The text, where `{}` stands for the argument.
    text: &'static str,
}

const ALL: [Template; 4] = [
    Template {
        name: "recall_before_work",
        title: "Recall before work",
        description: "Look up what is known before a task begins",
        argument: Some(("task", "What is to be done")),
        text: "I am about to work on this task:\n\n{}\n\nBefore you begin, call recall_memories \
               with the task in plain words, and get_related_memories for the best matches. Tell \
               me in a few lines which decisions, solutions and failures of the past matter here, \
               with their ids, and what you will do differently because of them. Say so when \
               nothing is known.",
    },
    Template {
        name: "store_after_work",
        title: "Store after work",
        description: "Keep what was learned when work is done",
        argument: Some(("summary", "What was done, and what came of it")),
        text: "This work is done:\n\n{}\n\nKeep what is worth knowing next time: first call \
               recall_memories, so that nothing is kept twice; correct what no longer holds with \
               update_memory; call store_memory for each problem, solution, decision or pattern, \
               one fact each, with a title that says it, tags and the project; then join them with \
               create_relationship, such as SOLVES, CAUSES, REPLACES or DEPENDS_ON. Never store \
               passwords, keys or tokens. Tell me the ids.",
    },
    Template {
        name: "review_project",
        title: "Review a project",
        description: "Go through what is known about a project",
        argument: Some(("project", "The path or name of the project")),
        text: "Review what is remembered about this project:\n\n{}\n\nCall get_recent_activity and \
               recall_memories for it. List the decisions that hold, problems without a solution, \
               and memories that contradict each other or look outdated, each with its id. Propose \
               what to update, connect or delete, and wait for my answer before you change \
               anything.",
    },
    Template {
        name: "weekly_digest",
        title: "Weekly digest",
        description: "Sum up what was learned in the last seven days",
        argument: None,
        text: "Call get_recent_activity for the last 7 days. Sum up in at most ten lines what was \
               learned, decided and solved, by project, with ids; then list problems that are \
               still unresolved, the most important first.",
    },
];

/// Lists the prompts.
pub(crate) fn all() -> Vec<Prompt> {
    let prompts = ALL.iter().map(|template| {
        let argument = template.argument.map(|(name, description)| {
            let argument = PromptArgument::new(name);
            vec![argument.with_description(description).with_required(true)]
        });
        Prompt::new(template.name, Some(template.description), argument).with_title(template.title)
    });
    prompts.collect()
}

/// Returns a prompt with its argument in its place.
///
/// # Errors
///
/// Fails for a name that no prompt has, and for an argument that is not given.
pub(crate) fn get(name: &str, arguments: &JsonObject) -> Result<GetPromptResult, ErrorData> {
    let invalid = |message: String| ErrorData::invalid_params(message, None);
    let Some(template) = ALL.iter().find(|template| template.name == name) else {
        let names: Vec<_> = ALL.iter().map(|template| template.name).collect();
        let names = names.join(", ");
        return Err(invalid(format!(
            "no prompt is called {name:?}: take one of {names}"
        )));
    };
    let text = match template.argument {
        None => template.text.to_owned(),
        Some((argument, what)) => {
            let given = arguments.get(argument).and_then(|value| value.as_str());
            let given = given.filter(|text| !text.trim().is_empty());
            let given = given.ok_or_else(|| {
                invalid(format!(
                    "{name} needs the argument {argument}, a text: {what}"
                ))
            })?;
            template.text.replacen("{}", given, 1)
        }
    };
    let messages = vec![PromptMessage::new_text(Role::User, text)];
    Ok(GetPromptResult::new(messages).with_description(template.description))
}
