package localapi

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/internal/formats"
)

// request is the codec of a body that the server reads, answer that of one which the client reads.
func request[T any](v T) formats.Codec[T] {
	return formats.Codec[T]{
		Value: v, Encode: func(v *T) ([]byte, error) { return json.Marshal(v) },
		Decode: func(b []byte) (v T, err error) {
			r := httptest.NewRequest("POST", pathSubmit, strings.NewReader(string(b)))
			err = (&Server{}).readJSON(httptest.NewRecorder(), r, &v)
			return v, err
		},
	}
}

func answer[T any](v T) formats.Codec[T] {
	c := request(v)
	c.Decode = func(b []byte) (v T, err error) {
		err = json.Unmarshal(b, &v)
		return v, err
	}
	return c
}

// TestFormats holds what docs/formats.md says of the local interface.
func TestFormats(t *testing.T) {
	selection := formats.Sample[wireSelection]()
	selection.Namespaces = []fact.Namespace{fact.OwnNamespace(aura.AuthorityID{1})}
	failure := formats.Sample[wireError]()
	failure.Kind = aura.Denied
	formats.Text(t, "localapi.wireIntent", request(formats.Sample[wireIntent]()), formats.FutureJSON)
	formats.Text(t, "localapi.wireQuestion", request(formats.Sample[wireQuestion]()), formats.FutureJSON)
	formats.Text(t, "localapi.wireSelection", request(selection), formats.FutureJSON)
	formats.Text(t, "localapi.wireResult", answer(formats.Sample[wireResult]()), formats.FutureJSON)
	formats.Text(t, "localapi.wireAnswer", answer(formats.Sample[wireAnswer]()), formats.FutureJSON)
	formats.Text(t, "localapi.wireUpdate", answer(formats.Sample[wireUpdate]()), formats.FutureJSON)
	formats.Text(t, "localapi.wireRecord", answer(formats.Sample[wireRecord]()), formats.FutureJSON)
	formats.Text(t, "localapi.wireObservation", answer(formats.Sample[wireObservation]()), formats.FutureJSON)
	formats.Text(t, "localapi.wireError", answer(failure), formats.FutureJSON)
}
