"""Which budgets there are: one of the stack, and one of each system that says how much it may cost.

What a budget counts are costs with tags. AWS knows a tag's costs from the day on that it is activated as a cost
allocation tag, in the account that pays: `environment` and `system` are activated there once, by somebody who may.
Source: AWS, "Activating user-defined cost allocation tags".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from manifests.aws.scope import Scope, has_aws, systems
from settings.stack import Stack


@dataclass(frozen=True, slots=True)
class BudgetArgs:
    """A monthly budget of AWS Budgets."""

    name: str
    account: str
    monthly_usd: int
    counted: dict[str, str]
    """The tags of what is counted, all of them."""
    notify: tuple[str, ...]
    at: tuple[int, ...]
    forecast: int | None
    tags: dict[str, str]


def budgets(stack: Stack) -> Iterator[tuple[Scope, BudgetArgs]]:
    """Yield the budget of the whole stack, and that of each system, where they have one."""
    if not has_aws(stack):
        return
    whole = Scope(stack)
    if whole.aws.spending is not None:
        yield whole, _budget(whole, "environment")
    for scope in systems(stack):
        if scope.system_aws.spending is not None:
            yield scope, _budget(scope, "environment", "system")


def _budget(scope: Scope, *by: str) -> BudgetArgs:
    spending = scope.system_aws.spending if scope.system is not None else scope.aws.spending
    if spending is None:
        message = f"{scope.system_name} says nothing of spending"
        raise ValueError(message)
    name, tags = scope.name("monthly"), scope.tags()
    return BudgetArgs(
        name,
        scope.aws.account,
        spending.monthly_usd,
        {tag: tags[tag] for tag in by},
        spending.notify,
        tuple(sorted(set(spending.at))),
        spending.forecast,
        scope.tags(name),
    )


def filter_expression(counted: Mapping[str, str]) -> dict[str, Any]:
    """Return what a budget counts: what has all of these tags, as the arguments of `Budget` have it.

    `CostFilters`, which has tags as `user:system$shop`, does not say whether several are meant together or each by
    itself. Source: AWS, "Expression" (Budgets API Reference), which has the bare key of a tag.
    """
    tags: list[dict[str, Any]] = [{"tags": {"key": key, "values": [value]}} for key, value in counted.items()]
    return tags[0] if len(tags) == 1 else {"ands": tags}


def notifications(args: BudgetArgs) -> list[dict[str, Any]]:
    """Return who is told when, as the arguments of `Budget` have it."""
    told = [("ACTUAL", share) for share in args.at]
    told += [("FORECASTED", args.forecast)] if args.forecast is not None else []
    return [
        {
            "notification_type": kind,
            "comparison_operator": "GREATER_THAN",
            "threshold": share,
            "threshold_type": "PERCENTAGE",
            "subscriber_email_addresses": list(args.notify),
        }
        for kind, share in told
    ]
