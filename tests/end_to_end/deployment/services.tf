# One of each of the services that a company runs beside the above.

resource "aws_network_acl" "private" {
  vpc_id     = aws_vpc.this.id
  subnet_ids = aws_subnet.private[*].id

  ingress {
    rule_no    = 100
    action     = "allow"
    protocol   = "tcp"
    from_port  = 443
    to_port    = 443
    cidr_block = "10.0.0.0/8"
  }

  egress {
    rule_no    = 100
    action     = "allow"
    protocol   = "-1"
    from_port  = 0
    to_port    = 0
    cidr_block = "0.0.0.0/0"
  }

  tags = { Name = "proof-private" }
}

resource "aws_instance" "job" {
  ami                    = var.image
  instance_type          = "t3.small"
  subnet_id              = aws_subnet.private[0].id
  vpc_security_group_ids = [aws_security_group.inline.id]

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
  }

  root_block_device {
    encrypted   = true
    volume_size = 20
  }

  tags = { Name = "proof-job" }
}

resource "aws_launch_template" "workers" {
  name          = "proof-workers"
  image_id      = var.image
  instance_type = "t3.small"

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      encrypted   = true
      volume_size = 20
    }
  }
}

resource "aws_ebs_encryption_by_default" "this" {
  enabled = true
}

resource "aws_lb" "web" {
  name                       = "proof-web"
  internal                   = true
  security_groups            = [aws_security_group.inline.id]
  subnets                    = aws_subnet.private[*].id
  enable_deletion_protection = true
  drop_invalid_header_fields = true

  access_logs {
    bucket  = aws_s3_bucket.logs.id
    prefix  = "lb"
    enabled = true
  }
}

resource "aws_lb_listener" "redirect" {
  load_balancer_arn = aws_lb.web.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type = "redirect"

    redirect {
      port        = "443"
      protocol    = "HTTPS"
      status_code = "HTTP_301"
    }
  }
}

resource "aws_acm_certificate" "web" {
  domain_name       = "proof.example.com"
  validation_method = "DNS"
}

resource "aws_lb_target_group" "web" {
  name     = "proof-web"
  port     = 8080
  protocol = "HTTP"
  vpc_id   = aws_vpc.this.id
}

resource "aws_lb_listener" "secure" {
  load_balancer_arn = aws_lb.web.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS-1-2-2017-01"
  certificate_arn   = aws_acm_certificate.web.arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.web.arn
  }
}

resource "aws_db_subnet_group" "this" {
  name       = "proof"
  subnet_ids = aws_subnet.private[*].id
}

resource "aws_db_instance" "shop" {
  identifier              = "proof-shop"
  engine                  = "postgres"
  engine_version          = "13.4"
  instance_class          = "db.t3.small"
  allocated_storage       = 20
  name                    = "shop"
  username                = "shop"
  password                = "only-for-the-proof"
  db_subnet_group_name    = aws_db_subnet_group.this.name
  vpc_security_group_ids  = [aws_security_group.apart.id]
  storage_encrypted       = true
  kms_key_id              = aws_kms_key.data.arn
  backup_retention_period = 14
  deletion_protection     = true
  multi_az                = true
  skip_final_snapshot     = true
}

resource "aws_db_snapshot" "opening" {
  db_instance_identifier = aws_db_instance.shop.id
  db_snapshot_identifier = "proof-opening"
}

resource "aws_rds_cluster" "aurora" {
  cluster_identifier      = "proof-aurora"
  engine                  = "aurora-postgresql"
  engine_version          = "13.4"
  master_username         = "aurora"
  master_password         = "only-for-the-proof"
  db_subnet_group_name    = aws_db_subnet_group.this.name
  vpc_security_group_ids  = [aws_security_group.apart.id]
  storage_encrypted       = true
  kms_key_id              = aws_kms_key.data.arn
  backup_retention_period = 7
  skip_final_snapshot     = true
}

resource "aws_neptune_cluster" "graph" {
  cluster_identifier      = "proof-graph"
  storage_encrypted       = true
  backup_retention_period = 7
  skip_final_snapshot     = true
}

resource "aws_redshift_cluster" "reports" {
  cluster_identifier  = "proof-reports"
  database_name       = "reports"
  master_username     = "reports"
  master_password     = "Only4TheProof"
  node_type           = "dc2.large"
  encrypted           = true
  kms_key_id          = aws_kms_key.data.arn
  publicly_accessible = false
  skip_final_snapshot = true
}

resource "aws_eks_cluster" "apps" {
  name                      = "proof-apps"
  role_arn                  = aws_iam_role.worker.arn
  enabled_cluster_log_types = ["api", "audit"]

  vpc_config {
    subnet_ids              = aws_subnet.private[*].id
    endpoint_private_access = true
    endpoint_public_access  = false
  }

  encryption_config {
    resources = ["secrets"]

    provider {
      key_arn = aws_kms_key.data.arn
    }
  }
}

resource "aws_ecs_task_definition" "web" {
  family                   = "proof-web"
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  cpu                      = 256
  memory                   = 512

  container_definitions = jsonencode([{
    name                   = "web"
    image                  = "nginx:1.27"
    essential              = true
    readonlyRootFilesystem = true
    user                   = "1000"
    logConfiguration = {
      logDriver = "awslogs"
      options   = { awslogs-group = aws_cloudwatch_log_group.app.name, awslogs-region = "eu-west-1", awslogs-stream-prefix = "web" }
    }
  }])
}

resource "aws_lambda_permission" "events" {
  statement_id  = "events"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.worker.function_name
  principal     = "sns.amazonaws.com"
  source_arn    = aws_sns_topic.events.arn
}

resource "aws_sns_topic" "alarms" {
  name              = "proof-alarms"
  kms_master_key_id = aws_kms_key.data.arn
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Alarms"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.alarms.arn
    }]
  })
}

resource "aws_api_gateway_rest_api" "shop" {
  name = "proof-shop"
}

resource "aws_api_gateway_resource" "orders" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  parent_id   = aws_api_gateway_rest_api.shop.root_resource_id
  path_part   = "orders"
}

resource "aws_api_gateway_method" "orders" {
  rest_api_id   = aws_api_gateway_rest_api.shop.id
  resource_id   = aws_api_gateway_resource.orders.id
  http_method   = "GET"
  authorization = "AWS_IAM"
}

resource "aws_api_gateway_integration" "orders" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  resource_id = aws_api_gateway_resource.orders.id
  http_method = aws_api_gateway_method.orders.http_method
  type        = "MOCK"
}

resource "aws_api_gateway_deployment" "shop" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  depends_on  = [aws_api_gateway_integration.orders]
}

resource "aws_api_gateway_stage" "live" {
  rest_api_id          = aws_api_gateway_rest_api.shop.id
  deployment_id        = aws_api_gateway_deployment.shop.id
  stage_name           = "live"
  xray_tracing_enabled = true

  tags = { Name = "proof-rest-live" }
}

resource "aws_apigatewayv2_api" "web" {
  name          = "proof-web"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_stage" "web" {
  api_id = aws_apigatewayv2_api.web.id
  name   = "live"

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.app.arn
    format          = "$context.requestId"
  }

  tags = { Name = "proof-http-live" }
}

resource "aws_cloudfront_distribution" "assets" {
  enabled = true

  origin {
    domain_name = aws_s3_bucket.data.bucket_regional_domain_name
    origin_id   = "assets"
  }

  default_cache_behavior {
    target_origin_id       = "assets"
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
    viewer_protocol_policy = "redirect-to-https"

    forwarded_values {
      query_string = false

      cookies {
        forward = "none"
      }
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = true
  }

  tags = { Name = "proof-assets" }
}

resource "aws_wafv2_web_acl" "web" {
  name  = "proof-web"
  scope = "REGIONAL"

  default_action {
    allow {}
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "proof-web"
    sampled_requests_enabled   = false
  }
}

resource "aws_cognito_user_pool" "customers" {
  name = "proof-customers"

  password_policy {
    minimum_length    = 14
    require_lowercase = true
    require_numbers   = true
    require_symbols   = true
    require_uppercase = true
  }
}

resource "aws_codebuild_project" "site" {
  name           = "proof-site"
  service_role   = aws_iam_role.worker.arn

  artifacts {
    type = "NO_ARTIFACTS"
  }

  environment {
    compute_type = "BUILD_GENERAL1_SMALL"
    image        = "aws/codebuild/standard:5.0"
    type         = "LINUX_CONTAINER"
  }

  source {
    type     = "S3"
    location = "${aws_s3_bucket.data.bucket}/source.zip"
  }
}

resource "aws_config_configuration_recorder" "this" {
  name     = "proof"
  role_arn = aws_iam_role.worker.arn

  recording_group {
    all_supported                 = true
    include_global_resource_types = true
  }
}

resource "aws_config_delivery_channel" "this" {
  name           = "proof"
  s3_bucket_name = aws_s3_bucket.logs.id
  depends_on     = [aws_config_configuration_recorder.this]
}

resource "aws_config_configuration_recorder_status" "this" {
  name       = aws_config_configuration_recorder.this.name
  is_enabled = true
  depends_on = [aws_config_delivery_channel.this]
}

resource "aws_backup_vault" "this" {
  name        = "proof"
  kms_key_arn = aws_kms_key.data.arn
}

resource "aws_backup_plan" "daily" {
  name = "proof-daily"

  rule {
    rule_name         = "daily"
    target_vault_name = aws_backup_vault.this.name
    schedule          = "cron(0 3 * * ? *)"

    lifecycle {
      delete_after = 35
    }
  }
}

resource "aws_sagemaker_notebook_instance" "research" {
  name                   = "proof-research"
  role_arn               = aws_iam_role.worker.arn
  instance_type          = "ml.t2.medium"
  direct_internet_access = "Disabled"
  subnet_id              = aws_subnet.private[0].id
  security_groups        = [aws_security_group.inline.id]
  kms_key_id             = aws_kms_key.data.key_id
}

resource "aws_mq_broker" "orders" {
  broker_name         = "proof-orders"
  engine_type         = "ActiveMQ"
  engine_version      = "5.15.9"
  host_instance_type  = "mq.t3.micro"
  publicly_accessible = false
  subnet_ids          = [aws_subnet.private[0].id]
  security_groups     = [aws_security_group.inline.id]

  user {
    username = "orders"
    password = "only-for-the-proof"
  }
}

