package arrayapi

import (
	"reflect"
	"strings"
)

// lookup finds a field of an item by its name on the wire, dots leading into
// objects. Numbers come as float64, as they would from JSON.
func lookup(item any, path string) (any, bool) {
	v := reflect.ValueOf(item)
	for name := range strings.SplitSeq(path, ".") {
		for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
			if v.IsNil() {
				return nil, true
			}
			v = v.Elem()
		}
		var ok bool
		if v, ok = fieldOf(v, name); !ok {
			return nil, false
		}
	}
	return plain(v), true
}

func fieldOf(v reflect.Value, name string) (reflect.Value, bool) {
	if v.Kind() != reflect.Struct {
		return v, false
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous {
			if inner, ok := fieldOf(v.Field(i), name); ok {
				return inner, true
			}
			continue
		}
		if tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag == name {
			return v.Field(i), true
		}
	}
	return v, false
}

// plain is a value as JSON would have it; lists and objects are not compared
// and come as a kind of their own.
func plain(v reflect.Value) any {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	switch {
	case v.CanInt():
		return float64(v.Int())
	case v.CanFloat():
		return v.Float()
	case v.Kind() == reflect.Bool:
		return v.Bool()
	case v.Kind() == reflect.String:
		return v.String()
	}
	return struct{}{}
}
