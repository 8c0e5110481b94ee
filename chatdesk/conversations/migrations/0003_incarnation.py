from django.db import migrations


def write(apps, schema_editor):
    apps.get_model("conversations", "Incarnation").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("conversations", "0002_initial")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
