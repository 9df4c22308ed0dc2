package simtest

const childEnv = "NEXO_SIMTEST_CHILD"

func writeUntilKilled() int { return 0 }
