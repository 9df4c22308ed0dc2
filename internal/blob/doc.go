// Package blob keeps objects: bytes under keys, in buckets. Two adapters satisfy document.Objects: Files
// keeps them in a folder of this machine, S3 in the buckets of the infrastructure document. One contract
// test (package blobtest) runs on both.
package blob
