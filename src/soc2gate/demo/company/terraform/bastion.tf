# The one host staff sign in to; it holds nothing but a volume for reports that are being put together.

resource "aws_ebs_encryption_by_default" "this" {
  enabled = true
}

resource "aws_instance" "bastion" {
  ami                    = var.bastion_image
  instance_type          = "t4g.small"
  subnet_id              = module.network.public_subnet_ids[0]
  vpc_security_group_ids = [module.network.security_group_ids["bastion"]]
  iam_instance_profile   = aws_iam_instance_profile.bastion.name
  monitoring             = true

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  root_block_device {
    volume_type = "gp3"
    volume_size = 16
    encrypted   = true
    kms_key_id  = aws_kms_key.data.arn
  }

  tags = merge(local.tags, { Name = "${local.name}-bastion" })
}

resource "aws_ebs_volume" "reports" {
  availability_zone = "${var.region}a"
  size              = 40
  type              = "gp3"
  encrypted         = true
  kms_key_id        = aws_kms_key.data.arn

  tags = merge(local.tags, { Name = "${local.name}-reports" })
}

resource "aws_volume_attachment" "reports" {
  device_name = "/dev/sdf"
  volume_id   = aws_ebs_volume.reports.id
  instance_id = aws_instance.bastion.id
}
