package status

import (
	"fmt"
	"strings"
	"time"

	"github.com/aura-runtime/aura"
)

// Branches says in how many conversations the messages of a device have branches, or had: a copy of the device's home
// wrote. A home that was restored from a copy has them as one that runs twice has, and a device that tells members of a group
// different things.
type Branches struct {
	Authority aura.AuthorityID `cbor:"1,keyasint" json:"authority"` // whose device it is
	Device    aura.DeviceID    `cbor:"2,keyasint" json:"device"`
	Joined    int              `cbor:"3,keyasint,omitempty" json:"joined"` // conversations in which a later message follows all branches
	Open      int              `cbor:"4,keyasint,omitempty" json:"open"`   // conversations with several branches now
	Most      int              `cbor:"5,keyasint,omitempty" json:"most"`   // branches in one of these, at most 16, of the agent's own device 17
	// Shown are conversations in which this home has one branch, and a member showed that there is another one.
	Shown int `cbor:"6,keyasint,omitempty" json:"shown"`
}

// Lacks says of a peer that this home is older than what the peer knows of it, see [Connection.Lacks].
const Lacks = "has messages of this device that this home lacks, and is asked for them"

// RecentlyTwice is how long after the last sign of it a device is said to run twice.
const RecentlyTwice = time.Hour

// Notice tells a person of copies of a home, of a contested account, or of capabilities that are withheld.
type Notice struct {
	Text string `json:"text"`
	// Fix is what to do. Empty: nothing.
	Fix string `json:"fix,omitempty"`
	// Problem says that the owner is concerned and that it does not end by itself.
	Problem bool `json:"problem"`
}

const stopOne = "stop the agent of every copy of this home but one, and use that one alone"

// Copies tells what an agent knows of copies of its own home and of the homes of peers, of which name gives the names;
// empty for a peer that is not told of.
func (s *Status) Copies(now aura.Instant, name func(aura.AuthorityID) string) (all []Notice) {
	twice := s.RanTwice > 0 && now.Sub(s.RanTwice) < RecentlyTwice
	if twice {
		all = append(all, Notice{
			Text: "this device runs twice: another copy of this home sent messages while this one ran", Fix: stopOne, Problem: true,
		})
	}
	for _, b := range s.Branches {
		if b.Device == s.Device {
			if !twice {
				all = append(all, b.own())
			}
		} else if who := name(b.Authority); who != "" {
			all = append(all, b.peer(who))
		}
	}
	return all
}

// Removed says that the account of a device removed it, and Rejoin what to do then.
const (
	Removed = "the account removed this device: what it has can be read, and it sends and takes nothing more"
	Rejoin  = "to use it again, keep its folder elsewhere and let it join as a new device: aura device add on another one, then aura init --join here"
)

// Rights tells what the account does not permit this device or this build.
func (s *Status) Rights() []Notice {
	if s.Removed {
		return []Notice{{Text: Removed, Fix: Rejoin, Problem: true}}
	}
	if len(s.Withheld) == 0 {
		return nil
	}
	return []Notice{{
		Text: "this build can do more than the account permits, and the root key, which could permit it, is not on this device: " +
			strings.Join(s.Withheld, " "),
		Fix:     "start this version of aura on the device that has the root key, then remove this device there and add it anew",
		Problem: true,
	}}
}

func (b *Branches) own() Notice {
	if b.Open > 0 {
		return Notice{
			Text: fmt.Sprintf("this device runs twice or was restored: its messages have %d branches %s", b.Most, within(b.Open)),
			Fix:  stopOne + "; your next message in such a conversation joins the branches, and nothing is lost", Problem: true,
		}
	}
	if b.Shown > 0 {
		return Notice{
			Text: fmt.Sprintf("this device runs twice or was restored: a contact showed that another copy of this home sent messages %s", within(b.Shown)),
			Fix:  stopOne, Problem: true,
		}
	}
	return Notice{Text: fmt.Sprintf("this device was restored from a copy, or ran twice: the branches of its messages %s are joined, nothing is lost", within(b.Joined))}
}

func (b *Branches) peer(who string) Notice {
	if b.Open > 0 {
		return Notice{
			Text: fmt.Sprintf("%s's device runs twice or was restored: its messages have %d branches %s", who, b.Most, within(b.Open)),
			Fix:  "tell " + who + ": if two copies of that home run, one is to be stopped; nothing is lost",
		}
	}
	if b.Shown > 0 {
		return Notice{
			Text: fmt.Sprintf("%s's device runs twice or was restored, or tells members different things: a member showed that %s has messages %s which did not come here",
				who, who, within(b.Shown)),
			Fix: "tell " + who + ", and compare with the other members what came from " + who,
		}
	}
	return Notice{Text: fmt.Sprintf("%s's device was restored from a copy, or ran twice: the branches of its messages %s are joined", who, within(b.Joined))}
}

func within(conversations int) string {
	if conversations == 1 {
		return "in one conversation"
	}
	return fmt.Sprintf("in %d conversations", conversations)
}
