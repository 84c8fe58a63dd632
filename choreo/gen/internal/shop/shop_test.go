package shop_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/choreo/gen/internal/port"
	"github.com/aura-runtime/aura/choreo/gen/internal/shop"
)

// caller is the context of a call.
type caller string

// wire is a port that plays a script of received and sent messages. It notes who called.
type wire struct {
	in      []string
	sent    []string
	callers []caller
	err     error
}

func (w *wire) Send(ctx caller, to choreo.Role, label string, payload []byte) error {
	if w.callers = append(w.callers, ctx); w.err != nil {
		return w.err
	}
	w.sent = append(w.sent, string(to)+"!"+label+" "+string(payload))
	return nil
}

func (w *wire) Receive(ctx caller, _ choreo.Role) (string, []byte, error) {
	if w.callers = append(w.callers, ctx); w.err != nil {
		return "", nil, w.err
	}
	label, payload, _ := strings.Cut(w.in[0], " ")
	w.in = w.in[1:]
	return label, []byte(payload), nil
}

func TestEndpointWalksItsStates(t *testing.T) {
	w := &wire{in: []string{"Price \x03", "Thanks a", "Thanks b"}}
	s2, err := shop.StartBuyCust(w).SendAsk("ada", shop.BuyAsk{Payload: []byte("tea")})
	if err != nil {
		t.Fatal(err)
	}
	price, s3, err := s2.ReceivePrice("ada")
	if err != nil || price.Payload.Coins != 3 {
		t.Fatal(price, err)
	}
	left, err := s3.SendLeave("ada", shop.BuyLeave{})
	if err != nil {
		t.Fatal(err)
	}
	told, err := left.SendLeft("ada", shop.BuyLeft{})
	if err != nil {
		t.Fatal(err)
	}
	loop, err := told.SendLeft("ada", shop.BuyLeft{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the loop comes back to the same type
		rated, err := loop.SendRate("ada", shop.BuyRate{})
		if err != nil {
			t.Fatal(err)
		}
		if _, loop, err = rated.ReceiveThanks("ada"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := loop.SendDone("ada", shop.BuyDone{}); err != nil {
		t.Fatal(err)
	}
	want := []string{"Shop!Ask tea", "Shop!Leave ", "Witness[0]!Left ", "Witness[1]!Left ", "Shop!Rate ", "Shop!Rate ", "Shop!Done "}
	if diff := cmp.Diff(want, w.sent); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := len(w.callers); n != 10 || w.callers[0] != "ada" || w.callers[n-1] != "ada" {
		t.Errorf("the callers were %q", w.callers)
	}
}

func TestASpentStateIsStale(t *testing.T) {
	w := &wire{}
	s := shop.StartBuyCust(w)
	if _, err := s.SendAsk("ada", shop.BuyAsk{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SendAsk("ada", shop.BuyAsk{}); !errors.Is(err, aura.Stale) {
		t.Errorf("want stale, got %v", err)
	}
	if _, err := (shop.BuyCustS1[caller]{}).SendAsk("ada", shop.BuyAsk{}); !errors.Is(err, aura.Invalid) {
		t.Errorf("want invalid, got %v", err)
	}
}

func TestAFailedStepCanBeTriedAgain(t *testing.T) {
	w := &wire{err: aura.Unavailable}
	s := shop.StartBuyCust(w)
	if _, err := s.SendAsk("ada", shop.BuyAsk{}); !errors.Is(err, aura.Unavailable) {
		t.Errorf("want unavailable, got %v", err)
	}
	w.err = nil
	if _, err := s.SendAsk("ada", shop.BuyAsk{}); err != nil {
		t.Error(err)
	}
}

func TestAChoiceIsTakenApartByType(t *testing.T) {
	witness := func(w *wire) (shop.BuyWitness0S1Outcome[caller], error) {
		return shop.StartBuyWitness0(w).Receive("ada")
	}
	got, err := witness(&wire{in: []string{"Left bye"}})
	if err != nil {
		t.Fatal(err)
	}
	left, ok := got.(shop.BuyWitness0S1Left[caller])
	if !ok || string(left.Message.Payload) != "bye" {
		t.Errorf("got %#v", got)
	}
	if _, err := witness(&wire{in: []string{"Ask"}}); !errors.Is(err, aura.Corrupt) {
		t.Errorf("want corrupt, got %v", err)
	}
}

func TestAPayloadWithATypeIsThatTypeAtBothEnds(t *testing.T) {
	w := &wire{in: []string{"Ask tea"}}
	_, s2, err := shop.StartBuyShop(w).ReceiveAsk("ben")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s2.SendPrice("ben", shop.BuyPrice{Payload: port.Money{Coins: 300}}); !errors.Is(err, aura.Invalid) || len(w.sent) != 0 {
		t.Errorf("a payload that cannot be encoded: %v, sent %q", err, w.sent)
	}
	if _, err := s2.SendPrice("ben", shop.BuyPrice{Payload: port.Money{Coins: 3}}); err != nil || w.sent[0] != "Cust!Price \x03" {
		t.Errorf("%v, sent %q", err, w.sent)
	}
	asked, err := shop.StartBuyCust(&wire{in: []string{"Price too much"}}).SendAsk("ada", shop.BuyAsk{})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := asked.ReceivePrice("ada"); !errors.Is(err, aura.Corrupt) {
		t.Errorf("a payload that is not one: %v", err)
	}
}

func TestADenialLeavesTheState(t *testing.T) {
	w := &wire{in: []string{"Price \x03"}}
	asked, err := shop.StartBuyCust(w).SendAsk("ada", shop.BuyAsk{})
	if err != nil {
		t.Fatal(err)
	}
	_, s3, err := asked.ReceivePrice("ada")
	if err != nil {
		t.Fatal(err)
	}
	w.err = aura.Errorf("wire.Send", aura.Denied, "over budget")
	if _, err := s3.SendTake("ada", shop.BuyTake{}); !errors.Is(err, aura.Denied) {
		t.Fatal(err)
	}
	w.err = nil
	if _, err := s3.SendLeave("ada", shop.BuyLeave{}); err != nil {
		t.Errorf("another branch after a denial: %v", err)
	}
}
