package sim

import (
	"encoding/binary"
	"hash/maphash"
	"reflect"
	"strings"
	"time"
)

// digestSeed is one for all, so that digests can be compared.
var digestSeed = maphash.MakeSeed()

// digest names values by a hash of everything in them but instants.
func digest(values ...any) uint64 {
	var h maphash.Hash
	h.SetSeed(digestSeed)
	for _, v := range values {
		deep(&h, reflect.ValueOf(v), nil)
	}
	return h.Sum64()
}

var instant = reflect.TypeFor[time.Time]()

// deep hashes a value with all that it holds; fields of these names are left out.
func deep(h *maphash.Hash, v reflect.Value, without map[string]bool) {
	switch v.Kind() {
	case reflect.Invalid:
		h.WriteByte(0)
	case reflect.Bool:
		if v.Bool() {
			h.WriteByte(2)
		} else {
			h.WriteByte(1)
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		number(h, uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		number(h, v.Uint())
	case reflect.String:
		text(h, v.String())
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			h.WriteByte(0)
			return
		}
		h.WriteByte(1)
		deep(h, v.Elem(), without)
	case reflect.Slice, reflect.Array:
		number(h, uint64(v.Len()))
		if v.Type().Elem().Kind() == reflect.Uint8 && v.Kind() == reflect.Slice {
			h.Write(v.Bytes())
			return
		}
		for i := range v.Len() {
			deep(h, v.Index(i), without)
		}
	case reflect.Map:
		var sum uint64 // of its entries, in whatever order
		for entry := v.MapRange(); entry.Next(); {
			var one maphash.Hash
			one.SetSeed(digestSeed)
			deep(&one, entry.Key(), nil)
			deep(&one, entry.Value(), nil)
			sum += one.Sum64()
		}
		number(h, sum)
	case reflect.Struct:
		if v.Type() == instant {
			return
		}
		for i := range v.NumField() {
			if len(without) == 0 || !without[v.Type().Field(i).Name] {
				deep(h, v.Field(i), nil)
			}
		}
	default:
		panic("sim: no digest of a " + v.Kind().String())
	}
}

func number(h *maphash.Hash, n uint64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], n)
	h.Write(b[:])
}

// text hashes a text. The id of a sync tells at which record it was decided, which
// only has to be a number of its own: it is left out, and the order tells.
func text(h *maphash.Hash, s string) {
	if strings.HasPrefix(s, "offboard-") {
		if parts := strings.Split(s, "-"); len(parts) > 2 {
			parts[len(parts)-2] = ""
			s = strings.Join(parts, "-")
		}
	}
	number(h, uint64(len(s)))
	h.WriteString(s)
}
