"""A monthly budget, and e-mail to those who answer for it."""

import pulumi
import pulumi_aws as aws

from manifests.aws.spending import BudgetArgs, filter_expression, notifications


class SpendingBudget(pulumi.ComponentResource):
    """What resources with certain tags may cost in a month. It tells, and stops nothing.

    It counts nothing until its tags are activated as cost allocation tags (`manifests/aws/spending`).
    """

    def __init__(self, name: str, args: BudgetArgs, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("naru:aws:SpendingBudget", name, None, opts)
        aws.budgets.Budget(
            name,
            name=args.name,
            account_id=args.account,
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=str(args.monthly_usd),
            limit_unit="USD",
            filter_expression=filter_expression(args.counted),
            metrics="UnblendedCost",
            notifications=notifications(args),
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
