package status

import (
	"maps"
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Connections holds the newest observation of each connection. The zero value knows none.
type Connections struct {
	known map[aura.AuthorityID]map[aura.DeviceID]Connection
}

// Peer is a connection as a frontend shows it.
type Peer struct {
	Authority aura.AuthorityID `json:"authority"`
	Connection
}

// Observe takes one observation. It reports whether it was about a connection and well formed.
func (c *Connections) Observe(o fact.Observation) bool {
	if o.Kind != Observed {
		return false
	}
	peer, device, ok := parseKey(o.Key)
	if !ok {
		return false
	}
	if len(o.Payload) == 0 {
		if delete(c.known[peer], device); len(c.known[peer]) == 0 {
			delete(c.known, peer)
		}
		return true
	}
	var state Connection
	if fact.Unmarshal(o.Payload, &state) != nil {
		return false
	}
	if c.known == nil {
		c.known = map[aura.AuthorityID]map[aura.DeviceID]Connection{}
	}
	if c.known[peer] == nil {
		c.known[peer] = map[aura.DeviceID]Connection{}
	}
	c.known[peer][device] = state
	return true
}

func parseKey(key string) (peer aura.AuthorityID, device aura.DeviceID, ok bool) {
	authority, id, found := strings.Cut(key, "/")
	peer, err := aura.ParseAuthorityID(authority)
	if err == nil && found {
		device, err = aura.ParseDeviceID(id)
	}
	return peer, device, err == nil
}

// best returns the connection of the device that is connected best: the one with the greatest Link, and of several the
// one with the least identifier.
func best(of map[aura.DeviceID]Connection) (best Connection) {
	for _, d := range slices.SortedFunc(maps.Keys(of), aura.DeviceID.Compare) {
		if best.Link == 0 || of[d].Link.rank() > best.Link.rank() {
			best = of[d]
		}
	}
	return best
}

// View returns the connections of all peers, ascending by authority: of one with several devices the best.
func (c *Connections) View() []Peer {
	peers := make([]Peer, 0, len(c.known))
	for authority, devices := range c.known {
		state := best(devices)
		peers = append(peers, Peer{Authority: authority, Connection: state})
	}
	slices.SortFunc(peers, func(a, b Peer) int { return a.Authority.Compare(b.Authority) })
	return peers
}
