"""Recipes for an agent: label a table, make a version to share, clean one, each a message that names the tools."""

from collections.abc import Mapping
from dataclasses import dataclass

from mcp.types import GetPromptResult, Prompt, PromptArgument, PromptMessage, TextContent

from DataFoundry.errors import RequestError

_DATA = ("data_path", "The table, absolute or relative to backend/.", True)


@dataclass(frozen=True)
class Recipe:
    """A prompt: its arguments as `name, description, required`, and its text with them in braces."""

    description: str
    arguments: tuple[tuple[str, str, bool], ...]
    text: str


RECIPES: dict[str, Recipe] = {
    "label": Recipe(
        "Label a table from a few hand-labeled rows, and say how good the labels are.",
        (
            _DATA,
            ("goal", "What the labels mean.", True),
            ("hand_labeled_examples_path", "Rows with the same columns and a column of labels.", False),
        ),
        "Label the table {data_path}. The labels mean: {goal}. Hand-labeled rows: {hand_labeled_examples_path}.\n"
        "1. Look at the table with dataset_info.\n"
        "2. Where there are hand-labeled rows, call labeling_run_pipeline with the goal as user_goal. Where there are "
        "none, write labeling functions, try them with labeling_try_functions until each is right more often than not, "
        "and call labeling_create_labels; labeling_suggest_rows names rows that are worth labeling by hand.\n"
        "3. Tell in a few sentences how many rows have a label, how good the labels are (auc and its interval) and "
        "what that rests on, and name the file. Claim nothing that the answers do not say.",
    ),
    "share": Recipe(
        "Make a synthetic version of a table that may be shared, with a verdict.",
        (_DATA, ("label_column", "What a learner should predict, if there is such a column.", False)),
        "Make a synthetic version of {data_path} that may be shared. Label column: {label_column}.\n"
        "1. Call dataset_profile, and tell which columns are personal or name single rows.\n"
        "2. Call generation_run_pipeline.\n"
        "3. Tell the verdict first (safe_to_share), then each check with its figure, then the utility. If it is not "
        "safe to share, say so plainly, and do not offer the file for sharing. The folder of the run holds real rows: "
        "never share it. The checks are no proof of privacy; say that, too.",
    ),
    "clean": Recipe(
        "Make a table clean enough to train on, and tell what was changed.",
        (_DATA, ("label_column", "What is to be predicted, if there is such a column.", False)),
        "Clean the table {data_path}. Label column: {label_column}.\n"
        "1. Call cleaning_check_table, and tell the gravest issues in a sentence each.\n"
        "2. Call cleaning_run_pipeline.\n"
        "3. Tell how many cells were changed and emptied, how many errors a new check still finds, and what the table "
        "is worth to a learner before and after. If the outcome is not_met, say what is left. Every change can be "
        "undone with cleaning_apply_fixes, undo and journal_path.",
    ),
}


def prompts() -> list[Prompt]:
    """All recipes as clients are told of them."""
    return [
        Prompt(
            name=name,
            title=recipe.description,
            description=recipe.description,
            arguments=[
                PromptArgument(name=argument, description=about, required=needed)
                for argument, about, needed in recipe.arguments
            ],
        )
        for name, recipe in RECIPES.items()
    ]


def prompt(name: str, arguments: Mapping[str, str]) -> GetPromptResult:
    """The message of a recipe.

    Raises
    ------
    RequestError
        If there is no such recipe, or an argument is missing or not known.
    """
    recipe = RECIPES.get(name)
    if recipe is None:
        raise RequestError(f"There is no prompt {name[:60]!r}; the prompts are {', '.join(RECIPES)}.", field="name")
    known = [argument for argument, _, _ in recipe.arguments]
    unknown = [each for each in arguments if each not in known]
    lacking = [argument for argument, _, needed in recipe.arguments if needed and not arguments.get(argument)]
    if unknown or lacking:
        problem = f"does not take {unknown[0][:60]!r}" if unknown else f"needs {lacking[0]}"
        raise RequestError(f"The prompt {name} {problem}; its arguments are {', '.join(known)}.", field="arguments")
    filled = {each: arguments.get(each) or "none was named" for each in known}
    message = PromptMessage(role="user", content=TextContent(type="text", text=recipe.text.format(**filled)))
    return GetPromptResult(description=recipe.description, messages=[message])
