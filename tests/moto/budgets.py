"""Budgets. moto keeps who is told and the tags of a budget to itself, so that they are noted here."""

from typing import Any, Final

from tests.moto.cloud import Account, Inputs, Made, creates, tag_list
from tests.moto.spelling import pascal, plain

SUBSCRIBERS: Final[dict[str, list[tuple[str, float, tuple[str, ...]]]]] = {}
"""For each budget by its name: kind of notification, threshold, addresses."""


@creates("aws:budgets/budget:Budget")
def budget(account: Account, inputs: Inputs, _: str) -> Made:
    name, owner = inputs.take("name"), inputs.take("accountId")
    told = [_notification(Inputs("a notification", one)) for one in inputs.take("notifications")]
    account.client("budgets", "us-east-1").create_budget(
        AccountId=owner,
        Budget={
            "BudgetName": name,
            "BudgetType": inputs.take("budgetType"),
            "TimeUnit": inputs.take("timeUnit"),
            "BudgetLimit": {"Amount": inputs.take("limitAmount"), "Unit": inputs.take("limitUnit")},
            "FilterExpression": _expression(inputs.take("filterExpression")),
            "Metrics": [inputs.take("metrics")],
        },
        NotificationsWithSubscribers=told,
        ResourceTags=tag_list(inputs.maybe("tags")),
    )
    SUBSCRIBERS[name] = [
        (
            one["Notification"]["NotificationType"],
            one["Notification"]["Threshold"],
            tuple(subscriber["Address"] for subscriber in one["Subscribers"]),
        )
        for one in told
    ]
    return Made(f"{owner}:{name}", {"arn": f"arn:aws:budgets::{owner}:budget/{name}"})


def _notification(given: Inputs) -> dict[str, Any]:
    made = {
        "Notification": {
            "NotificationType": given.take("notificationType"),
            "ComparisonOperator": given.take("comparisonOperator"),
            "Threshold": plain(given.take("threshold")),
            "ThresholdType": given.take("thresholdType"),
        },
        "Subscribers": [
            {"SubscriptionType": "EMAIL", "Address": address} for address in given.take("subscriberEmailAddresses")
        ],
    }
    given.finish()
    return made


def _expression(given: dict[str, Any]) -> dict[str, Any]:
    if "ands" in given:
        return {"And": [_expression(one) for one in given["ands"]]}
    made: dict[str, Any] = pascal(given)
    return made
