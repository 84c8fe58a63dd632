// Package program is the command aura as a value that a builder adds to: the agent, its command line, the demonstration
// and the simulator. Start with [Main]; cmd/aura calls it with nothing added, and an application calls it with its modules
// and its verbs.
//
// The verbs that talk to a running agent are in ui/cli. Those here own an agent or look at its files: init, up, doctor
// and sim. demo, choreo and token are packages of their own below cmd/aura. Nothing secret is taken from arguments: keys
// and passphrases come from files, the operating system's keyring or the terminal.
package program
