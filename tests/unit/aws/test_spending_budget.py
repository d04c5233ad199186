"""Budgets, as moto has them."""

from typing import Any

import pulumi
import pulumi_aws as aws

from components.aws.spending_budget import SpendingBudget
from manifests.aws.spending import budgets
from settings.stack import Stack
from tests.aws_stacks import SEOUL, an_aws_stack
from tests.builders import a_stack, a_system
from tests.moto.budgets import SUBSCRIBERS
from tests.moto.cloud import ACCOUNT, Account, Cloud, run
from tests.moto.laws import untagged

WHOLE = {"monthlyUsd": 1000, "notify": ["platform@example.com"]}
SHOP = {"monthlyUsd": 200, "notify": ["shop@example.com", "finance@example.com"], "at": [100, 50], "forecast": None}


def a_spending_stack() -> Stack:
    systems = (a_system(name="shop", aws={"spending": SHOP}), a_system(name="mail", aws={}))
    return an_aws_stack(*systems, aws={"spending": WHOLE})


def made(cloud: Cloud) -> dict[str, dict[str, Any]]:
    def program() -> None:
        provider = aws.Provider("aws", region=SEOUL)
        for scope, args in budgets(a_spending_stack()):
            SpendingBudget(scope.logical("budget"), args, opts=pulumi.ResourceOptions(providers=[provider]))

    run(cloud, program)
    found = Account("us-east-1").client("budgets").describe_budgets(AccountId=ACCOUNT)["Budgets"]
    return {one["BudgetName"]: one for one in found}


def test_stack_and_system_have_a_monthly_budget(cloud: Cloud) -> None:
    found = made(cloud)
    assert {name: (one["BudgetLimit"], one["TimeUnit"], one["BudgetType"]) for name, one in found.items()} == {
        "naru-prod-monthly": ({"Amount": "1000", "Unit": "USD"}, "MONTHLY", "COST"),
        "shop-prod-monthly": ({"Amount": "200", "Unit": "USD"}, "MONTHLY", "COST"),
    }


def test_budget_counts_what_has_all_of_its_tags(cloud: Cloud) -> None:
    found = made(cloud)
    environment = {"Tags": {"Key": "environment", "Values": ["prod"]}}
    assert found["naru-prod-monthly"]["FilterExpression"] == environment
    system = {"Tags": {"Key": "system", "Values": ["shop"]}}
    assert found["shop-prod-monthly"]["FilterExpression"] == {"And": [environment, system]}
    assert {tuple(one["Metrics"]) for one in found.values()} == {("UnblendedCost",)}


def test_those_who_answer_are_told_of_what_was_spent_and_will_be(cloud: Cloud) -> None:
    made(cloud)
    assert SUBSCRIBERS["naru-prod-monthly"] == [
        ("ACTUAL", 80, ("platform@example.com",)),
        ("ACTUAL", 100, ("platform@example.com",)),
        ("FORECASTED", 100, ("platform@example.com",)),
    ]
    both = ("shop@example.com", "finance@example.com")
    assert SUBSCRIBERS["shop-prod-monthly"] == [("ACTUAL", 50, both), ("ACTUAL", 100, both)]
    told = (
        Account("us-east-1")
        .client("budgets")
        .describe_notifications_for_budget(AccountId=ACCOUNT, BudgetName="shop-prod-monthly")["Notifications"]
    )
    assert [(one["Threshold"], one["ThresholdType"], one["ComparisonOperator"]) for one in told] == [
        (50.0, "PERCENTAGE", "GREATER_THAN"),
        (100.0, "PERCENTAGE", "GREATER_THAN"),
    ]


def test_budgets_are_tagged(cloud: Cloud) -> None:
    made(cloud)
    assert untagged(cloud) == []
    assert cloud.named("global/common/aws/budget", "aws:budgets/budget:Budget").inputs["tags"]["system"] == "common"


def test_share_that_is_named_twice_is_told_once() -> None:
    stack = an_aws_stack(aws={"spending": {**WHOLE, "at": [80, 80]}})
    ((_, args),) = budgets(stack)
    assert args.at == (80,)


def test_stack_without_aws_has_no_budget() -> None:
    assert list(budgets(a_stack(a_system(aws={"spending": SHOP})))) == []
