package agent

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"
)

// The range of the ports that an agent chooses itself: below the ports that operating systems give to
// outgoing connections, so that none of those takes it while the agent is away.
const (
	firstPort   = 20000
	chosen      = 12768
	portChoices = 4
)

// choices returns the addresses to listen on, one list for each attempt. Port 0 means the agent's own
// choice: the same one at every start as long as it is free, because contacts look for it where it was
// last. Two people who both restart could not find each other again otherwise. It follows from the link
// key, so an observer learns nothing new from it. The last list leaves it to the operating system.
func choices(listen []string, linkKey [32]byte) [][]string {
	lists := make([][]string, 0, portChoices+1)
	for attempt := range portChoices {
		sum := sha256.Sum256(append([]byte("aura port v1 "+strconv.Itoa(attempt)+"\x00"), linkKey[:]...))
		port := firstPort + int(binary.BigEndian.Uint32(sum[:])%chosen)
		lists = append(lists, withPort(listen, strconv.Itoa(port)))
	}
	return append(lists, listen)
}

// withPort replaces port 0 in multiaddr texts.
func withPort(listen []string, port string) []string {
	out := make([]string, 0, len(listen))
	for _, text := range listen {
		parts := strings.Split(text, "/")
		for i := range parts[:max(0, len(parts)-1)] {
			if (parts[i] == "tcp" || parts[i] == "udp") && parts[i+1] == "0" {
				parts[i+1] = port
			}
		}
		out = append(out, strings.Join(parts, "/"))
	}
	return out
}
