package replica

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// The facts about a contact say where the device is that it is known by. Two other devices of two people would never find
// each other, and neither would two of one person that joined while the other was away, so each device tells those with whom it speaks, its own
// siblings too, where its siblings are, as it knows from them.

// toldOf is how many addresses of one sibling are told, the best ones.
const toldOf = 4

// siblings returns where the owner's other devices are, ascending by device.
func (s *Replicator) siblings() (all []sibling) {
	self := s.env.Ring.Authority()
	for _, l := range s.linksTo(device.OwnContext(self), self) {
		where := texts(l.path.addresses())
		for _, a := range l.member().Addresses {
			if !slices.Contains(where, string(a)) {
				where = append(where, string(a))
			}
		}
		if len(where) > 0 {
			all = append(all, sibling{Device: l.key.device, Addresses: where[:min(toldOf, len(where))]})
		}
	}
	slices.SortFunc(all, func(a, b sibling) int { return a.Device.Compare(b.Device) })
	return all
}

func equalSiblings(a, b []sibling) bool {
	return slices.EqualFunc(a, b, func(a, b sibling) bool { return a.Device == b.Device && slices.Equal(a.Addresses, b.Addresses) })
}

// onSiblings notes where the peer says that its siblings are.
func (s *session) onSiblings(list []sibling) error {
	const op = "replica.onSiblings"
	if len(list) >= roster.MaxDevices {
		return aura.Errorf(op, aura.Corrupt, "%d other devices in one message", len(list))
	}
	for i := range list {
		if err := contact.CheckAddresses(list[i].Addresses); err != nil {
			return aura.Errorf(op, aura.Corrupt, "addresses: %w", err)
		}
	}
	s.lock.Lock()
	s.siblings = list
	s.lock.Unlock()
	s.link.changed.Notify()
	return nil
}

// seekSiblings dials absent devices of the peer's authority where the peer says that they are. One that no entry lists yet is
// looked at again. The addresses that a device gave itself stay behind those: it may be away from there.
func (s *session) seekSiblings(tc task.Context) error {
	s.lock.Lock()
	list := s.siblings
	s.lock.Unlock()
	if len(list) == 0 {
		return nil
	}
	for _, l := range s.link.sync.linksTo(s.peer.Context, s.peer.Authority) {
		i := slices.IndexFunc(list, func(o sibling) bool { return o.Device == l.key.device })
		if i < 0 || l.key.device == s.device || l.path.present() {
			continue
		}
		known := texts(l.path.addresses())
		where := slices.Clone(list[i].Addresses)
		news := false
		for _, a := range where {
			news = news || !slices.Contains(known, a)
		}
		if !news {
			continue
		}
		for _, a := range known {
			if len(where) < contact.MaxAddresses && !slices.Contains(where, a) {
				where = append(where, a)
			}
		}
		l.path.setAddresses(where)
		if !l.member().Main {
			if err := s.keepAddresses(tc, l.key.device, where); err != nil {
				return err
			}
		}
		l.path.signOfLife(nil)
	}
	return nil
}

func texts(addresses []transport.Address) []string {
	all := make([]string, 0, len(addresses))
	for _, a := range addresses {
		all = append(all, string(a))
	}
	return all
}
