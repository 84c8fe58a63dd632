// Command aura is the one binary: the agent, its command line, the demonstration and the simulator.
//
// The verbs that talk to a running agent are in ui/cli; those here own an agent or look at its files: init,
// up, doctor, demo and sim. Nothing secret is taken from arguments: keys and passphrases come from files, the
// operating system's keyring or the terminal.
package main
