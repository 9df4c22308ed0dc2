variable "name" {
  description = "Bucket name."
  type        = string
}

variable "tags" {
  description = "Module and Feature; the rest comes from default_tags."
  type        = map(string)
}

variable "versioning" {
  description = "Whether old versions are kept."
  type        = bool
}

variable "noncurrent_days" {
  description = "Days that old versions are kept; null for ever."
  type        = number
  default     = null
}

variable "abort_multipart_days" {
  description = "Days after which an unfinished upload is removed."
  type        = number
  default     = 7
}

variable "cors" {
  description = "Origins of browsers that may read, and PUT and POST if upload; null for no browser."
  type = object({
    origins = list(string)
    upload  = optional(bool, false)
  })
  default = null
}

variable "rules" {
  description = "Lifecycle rules by id: prefix, optionally only objects tagged type=tag, days to expire, transitions as storage class to days."
  type = map(object({
    prefix      = string
    tag         = optional(string)
    expire_days = optional(number)
    transitions = optional(map(number), {})
  }))
  default = {}
}

variable "policy_documents" {
  description = "Further statements of the bucket policy, as JSON documents."
  type        = list(string)
  default     = []
}
