package formats

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"strings"
)

// Sample returns a value of which every field is set: numbers count up, texts name their field, byte strings are
// recognisable, lists and maps have one entry. It is the same each time.
func Sample[T any]() (v T) {
	n := 0
	fill(reflect.ValueOf(&v).Elem(), reflect.TypeFor[T]().Name(), &n)
	return v
}

func fill(v reflect.Value, name string, n *int) {
	*n++
	switch v.Kind() {
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(*n))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString(strings.ToLower(name))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name, n)
	case reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			for i := range v.Len() {
				v.Index(i).SetUint(uint64(*n*16+i) & 0xff)
			}
			return
		}
		for i := range v.Len() {
			fill(v.Index(i), name, n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes(binary.BigEndian.AppendUint32(nil, uint32(*n)))
			return
		}
		fill(v.Index(0), name, n)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, name, n)
		fill(value, name, n)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Tag.Get("cbor") != "-" {
				fill(v.Field(i), f.Name, n)
			}
		}
	default:
		panic(fmt.Sprintf("formats: no sample of a %s", v.Kind()))
	}
}

// Entropy is randomness that counts up, for golden files.
type Entropy struct{ n byte }

// Read implements [io.Reader].
func (e *Entropy) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.n
		e.n++
	}
	return len(p), nil
}
