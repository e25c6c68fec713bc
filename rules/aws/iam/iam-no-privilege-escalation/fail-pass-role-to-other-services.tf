# Each of these takes any role there is, and runs code or makes calls as it.
resource "aws_iam_policy" "run" {
  for_each = toset([
    "apprunner:CreateService",
    "batch:RegisterJobDefinition",
    "bedrock-agentcore:CreateCodeInterpreter",
    "braket:CreateJob",
    "cloudformation:CreateStackSet",
    "cognito-identity:SetIdentityPoolRoles",
    "ec2:RequestSpotInstances",
    "ecs:RunTask",
    "elasticmapreduce:RunJobFlow",
    "emr-serverless:StartJobRun",
    "gamelift:CreateFleet",
    "glue:CreateSession",
    "imagebuilder:CreateInfrastructureConfiguration",
    "kinesisanalytics:CreateApplication",
    "omics:StartRun",
    "scheduler:CreateSchedule",
  ])

  name = "run-${replace(each.key, ":", "-")}"

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = [each.key, "iam:PassRole"], Resource = "*" }]
  })
}
