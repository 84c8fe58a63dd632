// Command aura is the one binary: the agent, its command line, the demonstration and the simulator. Package program
// has all of it; its sub-packages demo, choreo and token lie below this folder.
package main
