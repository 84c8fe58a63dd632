// Command aura is the one binary: the agent, its command line, the demonstration and the simulator. Package program
// has all of it.
package main

import "github.com/aura-runtime/aura/program"

func main() { program.Main(program.Options{}) }
