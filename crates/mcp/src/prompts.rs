//! Texts that a person picks to start an agent on its memory.

use rmcp::{
    ErrorData,
    model::{GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, Role},
};

use crate::completions::Completed;

/// A prompt.
struct Template {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    arguments: &'static [Argument],
    /// The text, where `{name}` stands for the argument that has to be given.
    text: &'static str,
}

/// What a prompt is given.
struct Argument {
    name: &'static str,
    description: &'static str,
    completed: Completed,
    /// What is said at the end of the text when it is given, where `{}` stands for it; none for one
    /// that has to be given.
    sentence: Option<&'static str>,
}

const TASK: Argument = Argument {
    name: "task",
    description: "What is to be done",
    completed: Completed::Nothing,
    sentence: None,
};

const SUMMARY: Argument = Argument {
    name: "summary",
    description: "What was done, and what came of it",
    completed: Completed::Nothing,
    sentence: None,
};

const REVIEWED: Argument = Argument {
    name: "project",
    description: "The path or name of the project",
    completed: Completed::Project,
    sentence: None,
};

const TYPE: Argument = Argument {
    name: "type",
    description: "Only memories of this type",
    completed: Completed::Type,
    sentence: Some("Look at memories of the type {} only."),
};

const TAG: Argument = Argument {
    name: "tag",
    description: "Only memories with this tag",
    completed: Completed::Tag,
    sentence: Some("Look at memories with the tag {} only."),
};

const ONLY_PROJECT: Argument = Argument {
    name: "project",
    description: "Only memories of this project, by its path or name",
    completed: Completed::Project,
    sentence: Some("Look at memories of the project {} only."),
};

const OF_PROJECT: Argument = Argument {
    name: "project",
    description: "The path or name of the project",
    completed: Completed::Project,
    sentence: Some("The project is {}."),
};

static ALL: [Template; 4] = [
    Template {
        name: "recall_before_work",
        title: "Recall before work",
        description: "Look up what is known before a task begins",
        arguments: &[TASK, ONLY_PROJECT, TAG],
        text: "I am about to work on this task:\n\n{task}\n\nBefore you begin, call recall_memories \
               with the task in plain words, and get_related_memories for the best matches. Tell \
               me in a few lines which decisions, solutions and failures of the past matter here, \
               with their ids, and what you will do differently because of them. Say so when \
               nothing is known.",
    },
    Template {
        name: "store_after_work",
        title: "Store after work",
        description: "Keep what was learned when work is done",
        arguments: &[SUMMARY, OF_PROJECT],
        text: "This work is done:\n\n{summary}\n\nKeep what is worth knowing next time: first call \
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
        arguments: &[REVIEWED, TYPE],
        text: "Review what is remembered about this project:\n\n{project}\n\nCall get_recent_activity and \
               recall_memories for it. List the decisions that hold, problems without a solution, \
               and memories that contradict each other or look outdated, each with its id. Propose \
               what to update, connect or delete, and wait for my answer before you change \
               anything.",
    },
    Template {
        name: "weekly_digest",
        title: "Weekly digest",
        description: "Sum up what was learned in the last seven days",
        arguments: &[ONLY_PROJECT, TAG],
        text: "Call get_recent_activity for the last 7 days. Sum up in at most ten lines what was \
               learned, decided and solved, by project, with ids; then list problems that are \
               still unresolved, the most important first.",
    },
];

/// Lists the prompts.
pub(crate) fn all() -> Vec<Prompt> {
    let prompts = ALL.iter().map(|template| {
        let arguments = template.arguments.iter().map(|argument| {
            PromptArgument::new(argument.name)
                .with_description(argument.description)
                .with_required(argument.sentence.is_none())
        });
        let arguments = Some(arguments.collect());
        Prompt::new(template.name, Some(template.description), arguments).with_title(template.title)
    });
    prompts.collect()
}

/// Returns a prompt with its arguments in their places.
///
/// # Errors
///
/// Fails for a name that no prompt has, and for an argument that has to be given and is not.
pub(crate) fn get(name: &str, arguments: &JsonObject) -> Result<GetPromptResult, ErrorData> {
    let template = template(name)?;
    let mut text = template.text.to_owned();
    for argument in template.arguments {
        let given = arguments
            .get(argument.name)
            .and_then(|value| value.as_str());
        let given = given.filter(|given| !given.trim().is_empty());
        match (argument.sentence, given) {
            (None, Some(given)) => {
                text = text.replacen(&format!("{{{}}}", argument.name), given, 1);
            }
            (None, None) => {
                let Argument {
                    name: argument,
                    description,
                    ..
                } = argument;
                let message =
                    format!("{name} needs the argument {argument}, a text: {description}");
                return Err(ErrorData::invalid_params(message, None));
            }
            (Some(sentence), Some(given)) => {
                text.push(' ');
                text.push_str(&sentence.replacen("{}", given, 1));
            }
            (Some(_), None) => {}
        }
    }
    let messages = vec![PromptMessage::new_text(Role::User, text)];
    Ok(GetPromptResult::new(messages).with_description(template.description))
}

/// Says how an argument of a prompt is completed.
///
/// # Errors
///
/// Fails for a name that no prompt has, or no argument of it.
pub(crate) fn completed(name: &str, argument: &str) -> Result<Completed, ErrorData> {
    let template = template(name)?;
    let mut arguments = template.arguments.iter();
    let found = arguments.find(|known| known.name == argument);
    found.map(|found| found.completed).ok_or_else(|| {
        let names: Vec<_> = template.arguments.iter().map(|known| known.name).collect();
        let names = names.join(", ");
        let message = format!("{name} has no argument {argument:?}: it has {names}");
        ErrorData::invalid_params(message, None)
    })
}

fn template(name: &str) -> Result<&'static Template, ErrorData> {
    ALL.iter()
        .find(|template| template.name == name)
        .ok_or_else(|| {
            let names: Vec<_> = ALL.iter().map(|template| template.name).collect();
            let names = names.join(", ");
            let message = format!("no prompt is called {name:?}: take one of {names}");
            ErrorData::invalid_params(message, None)
        })
}
