variable "name" {
  description = "Table name."
  type        = string
}

variable "tags" {
  description = "Module and Feature; the rest comes from default_tags."
  type        = map(string)
}

variable "partition_key" {
  description = "Attribute of the partition key, a string."
  type        = string
}

variable "sort_key" {
  description = "Attribute of the sort key, a string; null where there is none."
  type        = string
  default     = null
}

variable "indexes" {
  description = "Global secondary indexes that hold whole items."
  type = list(object({
    name          = string
    partition_key = string
    sort_key      = string
  }))
  default = []
}

variable "ttl_attribute" {
  description = "Attribute with the end of an item, in seconds since 1970; null where items never end."
  type        = string
  default     = null
}

variable "stream" {
  description = "View of the stream (NEW_IMAGE, NEW_AND_OLD_IMAGES); null for none."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether the table refuses to be deleted."
  type        = bool
}

variable "kms_key_arn" {
  description = "Key of ours that encrypts the table."
  type        = string
}
