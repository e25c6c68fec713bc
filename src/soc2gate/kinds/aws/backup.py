"""AWS Backup: plans, and what they select."""

from __future__ import annotations

from soc2gate.kinds.aws.live_fields import copy_fields, looked_at
from soc2gate.kinds.describe import Call, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Block, Draft, Piece

PLAN = "AWS::Backup::BackupPlan"
SELECTION = "AWS::Backup::BackupSelection"

_CONDITIONS = {
    "StringEquals": "string_equals",
    "StringLike": "string_like",
    "StringNotEquals": "string_not_equals",
    "StringNotLike": "string_not_like",
}


def _terraform_plan(draft: Draft) -> None:
    draft.set("BackupPlan", {"BackupPlanName": draft.at("name"), "BackupPlanRule": draft.each("rule", _rule)})
    draft.set("BackupPlan.AdvancedBackupSettings", draft.each("advanced_backup_setting", _advanced))
    _name_plan(draft)


def _rule(block: Block) -> Piece:
    return {
        "RuleName": block.at("rule_name"),
        "TargetBackupVault": block.at("target_vault_name"),
        "ScheduleExpression": block.at("schedule"),
        "ScheduleExpressionTimezone": block.at("schedule_expression_timezone"),
        "EnableContinuousBackup": block.at("enable_continuous_backup"),
        "StartWindowMinutes": block.at("start_window"),
        "CompletionWindowMinutes": block.at("completion_window"),
        "RecoveryPointTags": block.at("recovery_point_tags"),
        "Lifecycle": block.one("lifecycle", _lifecycle),
        "CopyActions": block.each(
            "copy_action",
            lambda one: {
                "DestinationBackupVaultArn": one.at("destination_vault_arn"),
                "Lifecycle": one.one("lifecycle", _lifecycle),
            },
        ),
    }


def _lifecycle(block: Block) -> Piece:
    return {
        "DeleteAfterDays": block.at("delete_after"),
        "MoveToColdStorageAfterDays": block.at("cold_storage_after"),
        "OptInToArchiveForSupportedResources": block.at("opt_in_to_archive_for_supported_resources"),
    }


def _advanced(block: Block) -> Piece:
    return {"BackupOptions": block.at("backup_options"), "ResourceType": block.at("resource_type")}


def _name_plan(draft: Draft) -> None:
    name = draft.value("BackupPlan.BackupPlanName")
    if name is not None:
        draft.identity["name"] = name


def _live_plan(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {
        "id": draft.get("BackupPlanId"),
        "arn": draft.get("BackupPlanArn"),
        "name": draft.get("BackupPlanName"),
    }
    copy_fields(draft, {"BackupPlanId": "BackupPlanId", "BackupPlanArn": "BackupPlanArn"})
    draft.copy("BackupPlanName", "BackupPlan.BackupPlanName")


def _name_selection(draft: Draft) -> None:
    name = draft.value("BackupSelection.SelectionName")
    if name is not None:
        draft.identity["name"] = name


def _terraform_selection(draft: Draft) -> None:
    draft.copy("plan_id", "BackupPlanId")
    selection = "BackupSelection"
    draft.set(selection, {"SelectionName": draft.at("name"), "IamRoleArn": draft.at("iam_role_arn")})
    draft.copy("resources", f"{selection}.Resources")
    draft.copy("not_resources", f"{selection}.NotResources")
    draft.set(
        f"{selection}.ListOfTags",
        draft.each(
            "selection_tag",
            lambda block: {
                "ConditionType": block.at("type"),
                "ConditionKey": block.at("key"),
                "ConditionValue": block.at("value"),
            },
        ),
    )
    draft.set(f"{selection}.Conditions", draft.one("condition", _conditions))
    _name_selection(draft)


def _conditions(block: Block) -> Piece:
    return {
        name: block.each(attribute, lambda one: {"ConditionKey": one.at("key"), "ConditionValue": one.at("value")})
        for name, attribute in _CONDITIONS.items()
    }


def _live_selection(live: LiveItem) -> None:
    draft = live.draft
    plan, selection = draft.get("BackupPlanId"), draft.get("SelectionId")
    draft.identity |= {"id": f"{plan}_{selection}", "name": draft.get("SelectionName")}
    copy_fields(draft, {"BackupPlanId": "BackupPlanId", "SelectionId": "SelectionId"})
    draft.set("Id", f"{plan}_{selection}")
    told = draft.get("get_backup_selection")
    if isinstance(told, dict):
        looked_at(draft, "BackupSelection", "get_backup_selection")
        draft.set("BackupSelection", {name: value for name, value in told.items() if value not in ([], {})})


_PLANS = Call("backup", "list_backup_plans", "backup:ListBackupPlans", result="BackupPlansList")

KINDS: tuple[Kind, ...] = (
    Kind(
        name=PLAN,
        title="backup plan",
        terraform=(Spelling("aws_backup_plan", build=_terraform_plan, exports={"id": "id", "arn": "arn"}),),
        cloudformation=Spelling(PLAN, build=_name_plan, exports={"Ref": "id", "BackupPlanId": "id"}),
        live=LiveSpelling(enumerate=_PLANS, build=_live_plan),
        names=("name",),
        # The list of plans does not tell their rules.
        ignored=("BackupPlan", "BackupPlanTags"),
    ),
    Kind(
        name=SELECTION,
        title="backup selection",
        terraform=(Spelling("aws_backup_selection", build=_terraform_selection, exports={"id": "id"}),),
        cloudformation=Spelling(SELECTION, build=_name_selection, exports={"Ref": "id", "Id": "id"}),
        live=LiveSpelling(
            enumerate=Call(
                "backup",
                "list_backup_selections",
                "backup:ListBackupSelections",
                {"BackupPlanId": "{within.BackupPlanId}"},
                result="BackupSelectionsList",
            ),
            details=(
                Call(
                    "backup",
                    "get_backup_selection",
                    "backup:GetBackupSelection",
                    {"BackupPlanId": "{BackupPlanId}", "SelectionId": "{SelectionId}"},
                    result="BackupSelection",
                    into="BackupSelection",
                ),
            ),
            build=_live_selection,
            within=_PLANS,
        ),
        # What is backed up is asked of the region; a selection is told with its plan.
        part_of=PLAN,
        missed=True,
        names=("name",),
    ),
)
