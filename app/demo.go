package app

import (
	"crypto/ed25519"
	"crypto/sha256"
	"slices"
	"strconv"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// NewDemo returns an offline Core with a made-up account, the same each time, for builders and pictures of frontends.
// Ada knows Ben, Cleo and Dan, has a group and has muted it. Everything that a screen can show of facts is there,
// long and strange texts included; local actions work until the Core ends.
func NewDemo(tc task.Context, entropy world.Entropy, o Options) (*Core, error) {
	records, err := demoRecords(tc.Now().At)
	if err != nil {
		return nil, err
	}
	ada := newDemoPerson("Ada").certificate
	return NewOffline(tc, ada.Authority(), ada.Device(), entropy, OfflineOptions{Options: o, Records: records, Ask: askDemo})
}

// askDemo answers that no session runs or has ended.
func askDemo(_ task.Context, q fact.Question) (answer fact.Answer, err error) {
	switch q.Kind {
	case session.QuestionList:
		answer.Payload, err = fact.MarshalAnswer(session.List{})
	case session.QuestionEnded:
		answer.Payload, err = fact.MarshalAnswer(session.EndedList{})
	default:
		return answer, errUnasked()
	}
	return answer, err
}

// demoPerson is a made-up person. Its keys follow from its name and protect nothing.
type demoPerson struct {
	name        string
	certificate fact.Certificate
}

func newDemoPerson(name string) demoPerson {
	key := func(role string) ed25519.PrivateKey {
		seed := sha256.Sum256([]byte("aura demo v1 " + role + " " + name))
		return ed25519.NewKeyFromSeed(seed[:])
	}
	e, root := demoPerson{name: name}, key("root")
	c := &e.certificate
	copy(c.Root[:], root.Public().(ed25519.PublicKey))
	copy(c.Signing[:], key("signing").Public().(ed25519.PublicKey))
	copy(c.Link[:], key("link").Public().(ed25519.PublicKey))
	c.Agreement = sha256.Sum256([]byte("aura demo v1 agreement " + name))
	copy(c.Signature[:], ed25519.Sign(root, c.SigningBytes()))
	return e
}

// with returns the context that Ada shares with the person.
func (e demoPerson) with() aura.ContextID {
	return sha256.Sum256([]byte("aura demo v1 context " + e.name))
}

// demoJournal writes the facts of a made-up journal.
type demoJournal struct {
	records []fact.Record
	seqs    map[demoStream]uint64
	err     error
}

type demoStream struct {
	namespace fact.Namespace
	device    aura.DeviceID
}

// say appends a fact and returns its identifier.
func (s *demoJournal) say(who demoPerson, ns fact.Namespace, kind string, payload any) aura.FactID {
	body, err := fact.Marshal(payload)
	if err != nil && s.err == nil {
		s.err = err
	}
	at := demoStream{ns, who.certificate.Device()}
	s.seqs[at]++
	n := len(s.records) + 1
	r := fact.Record{Position: fact.Position(n), Seq: s.seqs[at], Fact: fact.Fact{
		Namespace: ns, Kind: kind, Payload: body, Logical: aura.Logical(n),
		Author: who.certificate.Authority(), Device: who.certificate.Device(),
		Operation: aura.OperationID{0xde, byte(n >> 8), byte(n)},
	}}
	r.ID = r.Fact.ID()
	s.records = append(s.records, r)
	return r.ID
}

// demoRecords returns the made-up journal, whose newest message is a minute old.
func demoRecords(now aura.Instant) ([]fact.Record, error) {
	s := &demoJournal{seqs: map[demoStream]uint64{}}
	ada, ben, cleo, dan := newDemoPerson("Ada"), newDemoPerson("Ben"), newDemoPerson("Cleo"), newDemoPerson("Dan")
	own := fact.OwnNamespace(ada.certificate.Authority())
	s.say(ada, own, contact.KindSelf, contact.Self{Name: ada.name})
	for _, p := range []demoPerson{ben, cleo, dan} {
		s.say(ada, own, contact.KindAdded, contact.Added{
			Context: p.with(), Authority: p.certificate.Authority(), Certificate: p.certificate.Encode(), Name: p.name,
			Transcript: sha256.Sum256([]byte("aura demo v1 transcript " + p.name)),
		})
	}
	s.say(ada, own, contact.KindRenamed, contact.Renamed{Context: cleo.with(), Name: "Cleo from the club"})

	write := func(who demoPerson, in aura.ContextID, ago aura.Duration, text string, reply aura.FactID) aura.FactID {
		return s.say(who, fact.ContextNamespace(in), chat.KindMessage, chat.Text{Text: text, At: now.Add(-ago), Reply: reply})
	}
	first := write(ada, ben.with(), 26*time.Hour, "Did you bring the boat back?", aura.FactID{})
	write(ben, ben.with(), 25*time.Hour, "Yes, and the oars. They are in the shed.", first)
	for i := range 30 {
		who := []demoPerson{ada, ben}[i%2]
		write(who, ben.with(), 20*time.Hour-aura.Duration(i)*time.Minute, "Line "+strconv.Itoa(i+1)+" of a longer talk.", aura.FactID{})
	}
	write(cleo, cleo.with(), 3*time.Hour, "Two lines,\nand the second one is the longer of the two by far, so that a narrow screen has to break it somewhere.", aura.FactID{})
	write(cleo, cleo.with(), 2*time.Hour, "Grüße · 你好 · שלום · 👩‍🚀", aura.FactID{})

	group := s.group("Regatta", ada, ben, dan)
	write(dan, group, 30*time.Minute, "Saturday at nine?", aura.FactID{})
	s.say(ada, own, moderation.KindMuted, moderation.Target{Context: group})
	write(ben, ben.with(), time.Minute, "See you tomorrow.", aura.FactID{})
	return s.records, s.err
}

// group founds a group of the first of its members and returns its context.
func (s *demoJournal) group(name string, members ...demoPerson) aura.ContextID {
	nonce := sha256.Sum256([]byte("aura demo v1 nonce " + name))
	g := chat.Group{Name: name, Nonce: aura.Nonce(nonce[:])}
	for i, m := range members {
		role := chat.RoleOrdinary
		if i == 0 {
			role = chat.RoleFounder
		}
		g.Members = append(g.Members, chat.Member{
			Authority: m.certificate.Authority(), Certificate: m.certificate.Encode(), Name: m.name, Role: role,
		})
	}
	slices.SortFunc(g.Members, func(a, b chat.Member) int { return a.Authority.Compare(b.Authority) })
	context, err := g.Context()
	if err != nil && s.err == nil {
		s.err = err
	}
	s.say(members[0], fact.OwnNamespace(members[0].certificate.Authority()), chat.KindCreated, g)
	return context
}
