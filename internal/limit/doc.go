// Package limit bounds how often people, agents, tools, projects and addresses call, over all processes
// of an installation together.
//
// Time is cut into windows. In each of them a process may hand out a first chunk of the limit on its
// own; what goes beyond that it leases, a chunk at a time and ahead of need, from a count that all
// processes share. So together they never let through more than the limit and a chunk for each of them,
// callers who stay far below the limit cost the database nothing, and a call costs a fraction of a
// microsecond. Where the shared count cannot be had, each process holds to the limit by itself; only
// sign-ins are refused then (S-27; ASVS 5.0 2.4.1 and 15.3.4).
package limit
