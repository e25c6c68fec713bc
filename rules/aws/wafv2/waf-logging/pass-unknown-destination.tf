resource "aws_wafv2_web_acl" "site" {
  name  = "site"
  scope = "CLOUDFRONT"

  default_action {
    allow {}
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "site"
    sampled_requests_enabled   = true
  }
}

variable "destination" {
  type = string
}

# Wherever it goes, it is kept.
resource "aws_wafv2_web_acl_logging_configuration" "site" {
  resource_arn            = aws_wafv2_web_acl.site.arn
  log_destination_configs = [var.destination]
}
