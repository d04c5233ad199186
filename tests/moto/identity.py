"""Roles (IAM), and what tells EKS Pod Identity of them."""

import json
from typing import Any, Final

from botocore.validate import ParamValidator

from tests.moto.cloud import Account, Inputs, Made, creates, tag_list

ASSOCIATIONS: Final[list[dict[str, Any]]] = []
"""What EKS was asked for, by region: moto has no CreatePodIdentityAssociation, so that botocore alone looks at it."""


@creates("aws:iam/role:Role")
def role(account: Account, inputs: Inputs, _: str) -> Made:
    trust = inputs.take("assumeRolePolicy")
    json.loads(trust)
    made = account.client("iam").create_role(
        RoleName=inputs.take("name"),
        Description=inputs.take("description"),
        AssumeRolePolicyDocument=trust,
        Tags=tag_list(inputs.maybe("tags")),
    )["Role"]
    return Made(made["RoleName"], {"arn": made["Arn"], "name": made["RoleName"], "uniqueId": made["RoleId"]})


@creates("aws:iam/rolePolicy:RolePolicy")
def role_policy(account: Account, inputs: Inputs, _: str) -> Made:
    name, of = inputs.take("name"), inputs.take("role")
    account.client("iam").put_role_policy(RoleName=of, PolicyName=name, PolicyDocument=inputs.take("policy"))
    return Made(f"{of}:{name}")


@creates("aws:eks/podIdentityAssociation:PodIdentityAssociation")
def pod_identity_association(account: Account, inputs: Inputs, _: str) -> Made:
    region = inputs.maybe("region", account.region)
    asked = {
        "clusterName": inputs.take("clusterName"),
        "namespace": inputs.take("namespace"),
        "serviceAccount": inputs.take("serviceAccount"),
        "roleArn": inputs.take("roleArn"),
        "tags": inputs.maybe("tags", {}),
    }
    shape = account.client("eks", region).meta.service_model.operation_model("CreatePodIdentityAssociation").input_shape
    # What the client itself puts into every request.
    report = ParamValidator().validate({**asked, "clientRequestToken": "token"}, shape)
    if report.has_errors():
        raise ValueError(report.generate_report())
    ASSOCIATIONS.append({"region": region, **asked})
    number = f"a-{len(ASSOCIATIONS):017}"
    cluster, id_ = asked["clusterName"], f"{number}"
    return Made(
        id_,
        {
            "associationId": id_,
            "associationArn": f"arn:aws:eks:{region}:123456789012:podidentityassociation/{cluster}/{id_}",
        },
    )
