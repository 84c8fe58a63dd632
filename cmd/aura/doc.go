// Command aura is the one binary: the agent, its command line, the demonstration and the simulator.
//
// The verbs that talk to a running agent are in ui/cli. Those here own an agent or look at its files: init, up, doctor
// and sim. demo, choreo and token are packages of their own below this folder; main wires them. Nothing secret is taken
// from arguments: keys and passphrases come from files, the operating system's keyring or the terminal.
package main
