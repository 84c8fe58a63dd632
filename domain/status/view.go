package status

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Connections holds the newest observation of each connection. The zero value knows none.
type Connections struct {
	known map[aura.AuthorityID]Connection
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
	peer, err := aura.ParseAuthorityID(o.Key)
	if err != nil {
		return false
	}
	if len(o.Payload) == 0 {
		delete(c.known, peer)
		return true
	}
	var state Connection
	if fact.Unmarshal(o.Payload, &state) != nil {
		return false
	}
	if c.known == nil {
		c.known = map[aura.AuthorityID]Connection{}
	}
	c.known[peer] = state
	return true
}

// View returns all connections, ascending by authority.
func (c *Connections) View() []Peer {
	peers := make([]Peer, 0, len(c.known))
	for authority, state := range c.known {
		peers = append(peers, Peer{Authority: authority, Connection: state})
	}
	slices.SortFunc(peers, func(a, b Peer) int { return a.Authority.Compare(b.Authority) })
	return peers
}
