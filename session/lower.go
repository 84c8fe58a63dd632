package session

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// demands are what the annotations of a message ask of the guard.
type demands struct {
	capability string
	cost       aura.FlowCost // beside that of the bytes beyond the first cell
	facts      []string      // kinds
	leak       guard.Leakage
}

// observers are the names of the classes of observers in the text of a choreography.
var observers = map[string]fact.Observer{
	"relationship": fact.ObserverRelationship, "group": fact.ObserverGroup, "neighbour": fact.ObserverNeighbour,
	"custody": fact.ObserverCustody, "external": fact.ObserverExternal,
}

// demandsOf returns the demands of all messages of a protocol, by their site. Number 0 is that of messages without any, which the
// guard refuses.
func demandsOf(i *choreo.Instance) ([]demands, error) {
	name := i.Protocol.QualifiedName()
	all := make([]demands, 1)
	for id := choreo.SiteID(1); i.Site(id) != nil; id++ {
		d, err := demandsAt(i.Site(id))
		if err != nil {
			return nil, aura.Errorf("session.Add", aura.Invalid, "protocol %s: %w", name, err)
		}
		all = append(all, d)
	}
	return all, nil
}

func demandsAt(site *choreo.Site) (d demands, err error) {
	for _, r := range site.Requirements {
		switch r := r.(type) {
		case choreo.RequireCapability:
			if d.capability != "" {
				return d, fmt.Errorf("a message asks for %s and for %s: name one capability", d.capability, r.Name)
			}
			d.capability = r.Name
		case choreo.RequireFlow:
			d.cost = r.Cost
		case choreo.RequireFacts:
			for kind := range strings.SplitSeq(r.Facts, ",") {
				d.facts = append(d.facts, strings.TrimSpace(kind))
			}
		case choreo.RequireLeakage:
			for _, text := range r.Observers {
				if err := d.observe(text); err != nil {
					return d, err
				}
			}
		}
	}
	if d.capability == "" {
		return d, errors.New("a message has no guard_capability, so nothing would guard it")
	}
	return d, nil
}

// observe adds what a class of observers learns, such as "neighbour" or "neighbour:2".
func (d *demands) observe(text string) error {
	name, count, found := strings.Cut(text, ":")
	bits, err := uint64(1), error(nil)
	if found {
		bits, err = strconv.ParseUint(count, 10, 16)
	}
	class, known := observers[name]
	if err != nil || !known {
		return fmt.Errorf("leak %q: write one of relationship, group, neighbour, custody and external, and behind a colon how many bits, if more than one", text)
	}
	d.leak[class] += uint32(bits)
	return nil
}

// first is the price of the first cell.
func (d *demands) first() aura.FlowCost { return max(d.cost, 1) }

// request returns what the guard is asked before a message leaves: what the program adds, and the demands of the
// message. Its bytes cost what all bytes do, and a larger flow_cost of the site is the price of the first cell.
func (d *demands) request(add guard.Request, context aura.ContextID, own, peer aura.AuthorityID, m *effect.Message) guard.Request {
	size := len(m.Parcel)
	leak := guard.LeakOf(size)
	for class := range leak {
		leak[class] = max(leak[class], d.leak[class])
	}
	r := add
	r.Authority, r.Context, r.Capability, r.SiteFacts = own, context, d.capability, d.facts
	r.Sends = []guard.Send{{Peer: peer, Form: guard.FormMessage, Cost: d.first() - 1 + guard.CostOf(size), Leak: leak, Message: m}}
	return r
}
