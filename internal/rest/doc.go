// Package rest is the door by HTTP: operations and resources as JSON, tables for spreadsheets, events as
// they happen, the OpenAPI document, health, metrics, and the web pages for people.
//
// It decides nothing about stock. Every answer comes from one operation, called as the person or program
// behind the request; the table in routes.go says which. What a caller may do is checked there, so a page
// can never show more than the API. Adapters are not known here: package app hands them in as Options.
package rest
